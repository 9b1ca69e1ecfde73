package trial

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// What tables and figures are made from, so that each can say it wherever it is carried (package report).

// read are the records that this process has read or made. A cell of a notebook is a process of its own.
var read struct {
	sync.Mutex
	profiles, networks []string // each once
}

// note remembers what records were made with.
func note(records []*Record) []*Record {
	read.Lock()
	defer read.Unlock()
	add := func(to *[]string, name string) {
		if name != "" && !slices.Contains(*to, name) {
			*to = append(*to, name)
			slices.Sort(*to)
		}
	}
	for _, r := range records {
		add(&read.profiles, r.Profile)
		add(&read.networks, r.Architecture)
	}
	return records
}

// MadeWith says which profile and networks the records have that this process has read so far: "Profile
// quick: tf_efficientnet_lite0; vit_small_patch14_dinov2." It is "" where it has read none.
func MadeWith() string {
	read.Lock()
	defer read.Unlock()
	if len(read.profiles) == 0 {
		return ""
	}
	s := "Profile " + strings.Join(read.profiles, " and ")
	if len(read.networks) > 0 {
		s += fmt.Sprintf(": %s", strings.Join(read.networks, "; "))
	}
	return s + "."
}
