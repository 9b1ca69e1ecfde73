package trial

import "testing"

// A table says each profile and network once, and nothing where no record was read.
func TestMadeWith(t *testing.T) {
	was, networks := read.profiles, read.networks
	defer func() { read.profiles, read.networks = was, networks }()
	read.profiles, read.networks = nil, nil
	if got := MadeWith(); got != "" {
		t.Errorf("without a record: %q", got)
	}
	record := func(profile, network string) *Record {
		r := &Record{}
		r.Profile, r.Architecture = profile, network
		return r
	}
	note([]*Record{record("quick", "")})
	if got := MadeWith(); got != "Profile quick." {
		t.Errorf("metadata alone: %q", got)
	}
	note([]*Record{record("quick", "vit"), record("quick", "lite0"), record("quick", "vit")})
	if got := MadeWith(); got != "Profile quick: lite0; vit." {
		t.Errorf("both networks: %q", got)
	}
}
