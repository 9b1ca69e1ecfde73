package bench

import (
	"context"
	"fmt"
	"strings"

	"thesis.example/lib/vision"
)

// CostTable counts what architectures cost on any machine: parameters, those without ImageNet's classifier,
// multiply-adds of one picture of Size×Size, and multiply-adds for each parameter.
func CostTable(architectures ...string) (header []string, rows [][]string, err error) {
	for _, name := range architectures {
		n, err := vision.Architecture(name)
		if err != nil {
			return nil, nil, err
		}
		adds, err := vision.MultiplyAdds(n, Size)
		if err != nil {
			return nil, nil, err
		}
		body := vision.Count(n)
		if vision.HasClasses(n) {
			body -= 1000 * (n.Width() + 1)
		}
		rows = append(rows, []string{name, fmt.Sprint(vision.Count(n)), fmt.Sprint(body), fmt.Sprintf("%.2f", float64(adds)/1e9), fmt.Sprintf("%.0f", float64(adds)/float64(vision.Count(n)))})
	}
	return []string{"network", "parameters", "without classes", "multiply-adds, 10⁹", "per weight"}, rows, nil
}

// Ratio is how many times b's parameters, and multiply-adds for one picture of Size×Size, architecture a has.
func Ratio(a, b string) (parameters, multiplyAdds float64, err error) {
	parameters, multiplyAdds = 1, 1
	for _, name := range []string{a, b} {
		n, err := vision.Architecture(name)
		if err != nil {
			return 0, 0, err
		}
		adds, err := vision.MultiplyAdds(n, Size)
		if err != nil {
			return 0, 0, err
		}
		if name == a {
			parameters, multiplyAdds = parameters*float64(vision.Count(n)), multiplyAdds*float64(adds)
		}
		if name == b {
			parameters, multiplyAdds = parameters/float64(vision.Count(n)), multiplyAdds/float64(adds)
		}
	}
	return parameters, multiplyAdds, nil
}

// SpeedTable lays out what Measured says of architectures: pictures a second, billions of operations a second in
// inference (two a multiply-add), seconds until the first batch and step, MiB of memory. notes say when each was
// measured, and under what load.
func SpeedTable(ctx context.Context, architectures ...string) (header []string, rows [][]string, notes string, err error) {
	var when []string
	for _, name := range architectures {
		s, err := Measured(ctx, name)
		if err != nil {
			return nil, nil, "", err
		}
		n, err := vision.Architecture(name)
		if err != nil {
			return nil, nil, "", err
		}
		adds, err := vision.MultiplyAdds(n, Size)
		if err != nil {
			return nil, nil, "", err
		}
		const mib = 1 << 20
		rows = append(rows, []string{name, fmt.Sprintf("%.1f", s.Inference), fmt.Sprintf("%.1f", s.Training), fmt.Sprintf("%.0f", 2*float64(adds)*s.Inference/1e9),
			fmt.Sprintf("%.1f", s.FirstInference), fmt.Sprintf("%.1f", s.FirstTraining), fmt.Sprintf("%.0f", float64(s.InferenceMemory)/mib), fmt.Sprintf("%.0f", float64(s.TrainingMemory)/mib)})
		when = append(when, fmt.Sprintf("%s on %s, %s processes", name, s.When.Format("2006-01-02 15:04 UTC-07:00"), s.Load))
	}
	return []string{"network", "inference", "training", "GFLOP/s", "first, s", "step 1, s", "MiB", "MiB, step"}, rows, strings.Join(when, "; "), nil
}
