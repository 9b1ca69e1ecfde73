package trial

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"thesis.example/lib/bench"
	"thesis.example/lib/dataset"
	"thesis.example/lib/setup"
	"thesis.example/lib/vision"
)

// format is the version of the record's format and of the computation behind it: raise it whenever
// the same configuration may give another record.
const format = 5

const recordSuffix = ".jsonl"

// Config is everything that a trial was asked to do, and its JSON the record's first line. Together with
// the bench.Machine it decides the record bit for bit: the two are its identity and make its name. What
// the same Config gives on another machine may differ in last bits, and so, after some updates, in a
// picture: such records lie side by side and answer the same question (see answers), and Notes says
// where they stand in one table.
type Config struct {
	Format int `json:"format"`
	Trial
	Folds         int                `json:"folds"`
	Data          string             `json:"data"`                // dataset.Set.Fingerprint
	StandIn       bool               `json:"standin"`             // drawn pictures, not the thesis' screenshots
	Corrected     int                `json:"corrected,omitempty"` // face counts and texts of the data that were corrected by hand
	Metadata      string             `json:"metadata,omitempty"`  // SHA-256 of the metadata vectors, where the arm sees them
	Genres        []string           `json:"genres"`
	Train         int                `json:"train"` // pictures
	Test          int                `json:"test"`
	Asked         string             `json:"asked,omitempty"`   // weights that the profile names
	Weights       string             `json:"weights,omitempty"` // weights in use: others where those are out of reach
	WeightsSHA256 string             `json:"weights_sha256,omitempty"`
	Architecture  string             `json:"architecture,omitempty"`
	Size          int                `json:"size,omitempty"`       // height and width of pictures that the profile names
	Preprocess    *vision.Preprocess `json:"preprocess,omitempty"` // what the weights make of it: of a ViT whole patches
	Frozen        bool               `json:"frozen"`               // the backbone's weights stay as they are
	Augmented     bool               `json:"augmented"`            // every epoch sees another view of each training picture
	Parameters    int                `json:"parameters"`           // trained values
	Optimizer     string             `json:"optimizer"`
	Rate          float64            `json:"rate"`
	BackboneRate  float64            `json:"backbone_rate,omitempty"` // where the backbone learns at another
	Epochs        int                `json:"epochs"`
	Batch         int                `json:"batch"`            // pictures an update
	Micro         int                `json:"micro"`            // pictures at a time, where there is no batch norm
	Joined        int                `json:"joined,omitempty"` // epochs before the metadata join, in the late arms
	Probed        bool               `json:"probed,omitempty"` // the record ends in a linear probe of the trained backbone
}

// Epoch holds means over the pictures. The training numbers are taken while training, dropout on and
// weights moving, as Keras and the program's loop take them; the test numbers after the epoch.
type Epoch struct {
	Epoch         int     `json:"epoch"` // from 1
	TrainLoss     float64 `json:"train_loss"`
	TrainAccuracy float64 `json:"train_accuracy"`
	TestLoss      float64 `json:"test_loss"`
	TestAccuracy  float64 `json:"test_accuracy"`
}

// Prediction is what an arm says of one test picture.
type Prediction struct {
	File          string    `json:"file"`
	Truth         string    `json:"truth"`
	Predicted     string    `json:"predicted"`
	Probabilities []float64 `json:"probabilities"` // in the order of Config.Genres
}

// Predictions are those of the whole test fold after one epoch, in the set's order.
type Predictions struct {
	Epoch    int          `json:"epoch"`
	Pictures []Prediction `json:"pictures"`
}

// RunInfo is what may differ between two runs of a trial on one machine: the record's last line.
type RunInfo struct {
	Note       string  `json:"note,omitempty"` // why other weights than those asked for are in use
	Seconds    float64 `json:"seconds"`        // all processes at it together, compilation included
	CPUSeconds float64 `json:"cpu_seconds"`    // the same, user and system time over all cores
	// Of CPUSeconds, what Steps, Uses and Shares took; 0 where nothing is measured.
	MeasuringCPUSeconds float64 `json:"measuring_cpu_seconds,omitempty"`
	PicturesPerSecond   float64 `json:"pictures_per_second"` // while training, in the last process
	PeakMemoryMiB       float64 `json:"peak_memory_mib"`     // of the last process
	Resumed             int     `json:"resumed"`             // how often the trial was interrupted and continued
}

// Record is what came of a trial. All of it but Run is the same whenever Config and Machine are.
type Record struct {
	Config
	Machine bench.Machine
	History []Epoch
	// Last is the result. Best is the first epoch with the highest test accuracy, which the
	// appendix' program keeps: chosen on the test pictures, so optimistic by selection.
	Last, Best Predictions
	Probe      *Probe // where Config.Probed
	Blend      *Blend // of the blend arms
	// What was measured, in trials of Experiment 2; a record that is older than that has none.
	Steps  []Step  // at sampled updates, see measure.go
	Uses   []Use   // after each epoch, of the late arms
	Shares *Shares // after the last epoch
	Run    RunInfo
	File   string // where it lies
}

// file is the record's name: readable, then hashes of the configuration and of the machine.
func (c *Config) file(m bench.Machine) string {
	return fmt.Sprintf("%s%s-%s%s", c.Trial.prefix(), digits(c.line()), digits(line("machine", m)), recordSuffix)
}

// prefix begins the names of all records of the trial.
func (t Trial) prefix() string {
	p := fmt.Sprintf("exp%d-%s-fold%d-%s-", t.Experiment, t.Arm, t.Fold, t.Profile)
	if t.Share != 0 {
		p += fmt.Sprintf("share%d-", t.Share)
	}
	if t.Repeat != 0 {
		p += fmt.Sprintf("repeat%d-", t.Repeat)
	}
	return p
}

func digits(b []byte) string {
	h := sha256.Sum256(b)
	return fmt.Sprintf("%x", h[:6])
}

func (c *Config) line() []byte { return line("config", c) }

// line is one object whose first field says what it is.
func line(kind string, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // structs of strings and finite numbers
	}
	return fmt.Appendf(nil, "{\"kind\":%q,%s\n", kind, b[1:])
}

type predictionsLine struct {
	Of string `json:"of"`
	Predictions
}

// write puts the record into place whole: an error or a kill leaves no part of it.
func (r *Record) write(file string) error {
	var b bytes.Buffer
	b.Write(r.Config.line())
	b.Write(line("machine", r.Machine))
	for _, e := range r.History {
		b.Write(line("epoch", e))
	}
	b.Write(line("predictions", predictionsLine{"last", r.Last}))
	b.Write(line("predictions", predictionsLine{"best", r.Best}))
	if r.Blend != nil {
		b.Write(line("blend", r.Blend))
	}
	if r.Probe != nil {
		b.Write(line("probe", r.Probe))
	}
	for _, s := range r.Steps {
		b.Write(line("step", s))
	}
	for _, u := range r.Uses {
		b.Write(line("use", u))
	}
	if r.Shares != nil {
		b.Write(line("shares", r.Shares))
	}
	b.Write(line("run", r.Run))
	r.File = file
	return renameio.WriteFile(file, b.Bytes(), 0o644)
}

// Load reads every record in setup.Place("records"), in the order of their names.
func Load() ([]*Record, error) {
	dir, err := setup.Place("records")
	if err != nil {
		return nil, err
	}
	return LoadDir(dir)
}

// LoadDir reads every record in a folder, none where there is no folder. A damaged one is an error
// that names it. Those of other versions of this program stay where they are and count for nothing.
func LoadDir(dir string) ([]*Record, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the folder of records: %w", err)
	}
	var records []*Record
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || !strings.HasSuffix(e.Name(), recordSuffix) {
			continue
		}
		r, err := readRecord(filepath.Join(dir, e.Name()))
		if errors.Is(err, errFormat) {
			continue
		}
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// errFormat is wrapped where a record is of another version of this program.
var errFormat = errors.New("of another version of this program")

func readRecord(file string) (*Record, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := &Record{File: file}
	if err := r.read(f); errors.Is(err, errFormat) {
		return nil, fmt.Errorf("the record %s is %w", file, err)
	} else if err != nil {
		return nil, fmt.Errorf("the record %s is damaged: %w; delete it and run the trial again", file, err)
	}
	if name := r.Config.file(r.Machine); name != filepath.Base(file) {
		return nil, fmt.Errorf("the record %s was changed or renamed: its configuration and machine belong to %s; delete it and run the trial again", file, name)
	}
	return r, nil
}

func (r *Record) read(f io.Reader) error {
	lines := bufio.NewReader(f)
	for n := 1; ; n++ {
		b, err := lines.ReadBytes('\n')
		if err == io.EOF && len(b) == 0 {
			return errors.New("its last line, of kind run, is missing")
		}
		if err != nil {
			return fmt.Errorf("line %d breaks off: %w", n, err)
		}
		var kind struct{ Kind, Of string }
		if err := json.Unmarshal(b, &kind); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if (n == 1) != (kind.Kind == "config") {
			return fmt.Errorf("line %d is of kind %q: the first must be of kind config and no other", n, kind.Kind)
		}
		var into any
		switch kind.Kind + kind.Of {
		case "config":
			into = &r.Config
		case "machine":
			into = &r.Machine
		case "epoch":
			r.History = append(r.History, Epoch{})
			into = &r.History[len(r.History)-1]
		case "predictionslast":
			into = &r.Last
		case "predictionsbest":
			into = &r.Best
		case "blend":
			r.Blend = &Blend{}
			into = r.Blend
		case "probe":
			r.Probe = &Probe{}
			into = r.Probe
		case "step":
			r.Steps = append(r.Steps, Step{})
			into = &r.Steps[len(r.Steps)-1]
		case "use":
			r.Uses = append(r.Uses, Use{})
			into = &r.Uses[len(r.Uses)-1]
		case "shares":
			r.Shares = &Shares{}
			into = r.Shares
		case "run":
			into = &r.Run
		default:
			return fmt.Errorf("line %d is of unknown kind %q", n, kind.Kind+" "+kind.Of)
		}
		if err := json.Unmarshal(b, into); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		switch {
		case kind.Kind == "config" && r.Format != format:
			return fmt.Errorf("%w: format %d, this one has %d", errFormat, r.Format, format)
		case kind.Kind == "predictions":
			if err := r.check(*into.(*Predictions)); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		case kind.Kind == "probe":
			if err := r.checkPictures(r.Probe.Test, r.Probe.Fit.TestAccuracy); err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
		case kind.Kind == "run":
			if len(r.History) != r.Epochs || r.Last.Pictures == nil || r.Best.Pictures == nil {
				return fmt.Errorf("%d of %d epochs, predictions of %d and %d pictures of %d", len(r.History), r.Epochs, len(r.Last.Pictures), len(r.Best.Pictures), r.Test)
			}
			if r.Probed != (r.Probe != nil) {
				return fmt.Errorf("probed is %v, with a linear probe: %v", r.Probed, r.Probe != nil)
			}
			return nil
		}
	}
}

// check sees to it that Summarise can rely on predictions.
func (r *Record) check(p Predictions) error {
	if p.Epoch > len(r.History) {
		return fmt.Errorf("predictions after epoch %d come before the epoch's own line", p.Epoch)
	}
	if p.Epoch < 1 {
		return fmt.Errorf("predictions after epoch %d, want 1 to %d", p.Epoch, r.Epochs)
	}
	return r.checkPictures(p, r.History[p.Epoch-1].TestAccuracy)
}

// checkPictures compares predictions with the configuration and with the accuracy that is said of them.
func (r *Record) checkPictures(p Predictions, said float64) error {
	if len(p.Pictures) != r.Test || p.Epoch < 1 || p.Epoch > r.Epochs {
		return fmt.Errorf("%d predictions after epoch %d, want %d", len(p.Pictures), p.Epoch, r.Test)
	}
	correct := 0
	for _, q := range p.Pictures {
		if !slices.Contains(r.Genres, q.Truth) || !slices.Contains(r.Genres, q.Predicted) || len(q.Probabilities) != len(r.Genres) {
			return fmt.Errorf("%s: %q predicted as %q with %d probabilities, want genres of %v", q.File, q.Truth, q.Predicted, len(q.Probabilities), r.Genres)
		}
		if q.Probabilities[slices.Index(r.Genres, q.Predicted)] != slices.Max(q.Probabilities) {
			return fmt.Errorf("%s: predicted as %q, which is not the likeliest genre of %v with %v", q.File, q.Predicted, r.Genres, q.Probabilities)
		}
		if q.Predicted == q.Truth {
			correct++
		}
	}
	if said != float64(correct)/float64(r.Test) {
		return fmt.Errorf("%d of %d predictions are right after epoch %d, whose test accuracy is said to be %g", correct, r.Test, p.Epoch, said)
	}
	return nil
}

// Note is "" where the weights are those that the profile names, else a sentence that belongs beside
// the result.
func (r *Record) Note() string {
	if r.Weights == r.Asked {
		return ""
	}
	return fmt.Sprintf("%s (%s) stands in for %s, which was out of reach", r.Weights, r.Architecture, r.Asked)
}

// fingerprint is a SHA-256 of the metadata; a number that is not finite is an error.
func fingerprint(set *dataset.Set, names []string, x [][]float64) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%q\n", names)
	for i, row := range x {
		for c, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return "", fmt.Errorf("the metadata of %s: %s is %g, expected a number", set.Samples[i].File, names[c], v)
			}
			fmt.Fprintf(h, "%x ", math.Float64bits(v))
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
