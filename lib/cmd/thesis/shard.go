package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// One verb's work, divided over machines: -shard says which part of how many this process does.

// Environment variables of the schedulers.
const (
	slurmTask, slurmMin, slurmMax = "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX"
	slurmCount, slurmStep         = "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_STEP"

	kubernetesIndex = "JOB_COMPLETION_INDEX" // Kubernetes sets it in Jobs of completionMode Indexed
	// Kubernetes tells a pod nothing of spec.completions: the Job's writer has to, in this one.
	kubernetesCount = "JOB_COMPLETIONS"
)

// shard is part i of n, counted from 0: of a list, what stands at i, i+n, i+2n and so on.
type shard struct{ i, n int }

// shardFlag adds -shard to a verb's flags. The function that it gives reads it after parsing: part 0 of 1
// and false where it was not given.
func shardFlag(fs *flag.FlagSet, of string) func() (part shard, given bool, err error) {
	value := fs.String("shard", "", "`i/n`: part i of n of the "+of+", counted from 0; slurm or kubernetes: what the scheduler's variables say")
	return func() (shard, bool, error) {
		given := false
		fs.Visit(func(f *flag.Flag) { given = given || f.Name == "shard" })
		if !given {
			return shard{0, 1}, false, nil
		}
		part, err := parseShard(*value, os.LookupEnv)
		return part, true, err
	}
}

// parseShard reads the value of -shard: i/n, or the name of a scheduler, whose variables lookup knows.
func parseShard(value string, lookup func(string) (string, bool)) (shard, error) {
	switch value {
	case "slurm":
		return slurmShard(lookup)
	case "kubernetes":
		return kubernetesShard(lookup)
	}
	var s shard
	if _, err := fmt.Sscanf(value+"\n", "%d/%d\n", &s.i, &s.n); err != nil || s.n < 1 || s.i < 0 || s.i >= s.n {
		return s, fmt.Errorf("-shard %q: want i/n with 0 ≤ i < n, slurm or kubernetes", value)
	}
	return s, nil
}

// slurmShard is the task's place in its job array. An array that leaves out numbers unevenly (1,2,5) has no
// variable that says which number is the how-manieth.
func slurmShard(lookup func(string) (string, bool)) (shard, error) {
	const fix = "submit the command as an array without gaps, such as sbatch --array=0-5"
	v, err := counts(lookup, "slurm", fix, slurmTask, slurmMin, slurmMax, slurmCount, slurmStep)
	if err != nil {
		return shard{}, err
	}
	task, first, last, n, step := v[0], v[1], v[2], v[3], v[4]
	if n < 1 || step < 1 {
		return shard{}, fmt.Errorf("-shard slurm: $%s is %d and $%s %d, expected 1 or more; %s", slurmCount, n, slurmStep, step, fix)
	}
	if n == 1 {
		step = 1 // of an array of one number there is no step to speak of
	}
	if last-first != (n-1)*step {
		return shard{}, fmt.Errorf("-shard slurm: the array's numbers have gaps: $%s is %d, expected the %d that lie from $%s %d to $%s %d in steps of $%s %d; %s; what is done already is not done again",
			slurmCount, n, (last-first)/step+1, slurmMin, first, slurmMax, last, slurmStep, step, fix)
	}
	if task < first || task > last || (task-first)%step != 0 {
		return shard{}, fmt.Errorf("-shard slurm: $%s is %d, expected a number from $%s %d to $%s %d in steps of $%s %d; %s", slurmTask, task, slurmMin, first, slurmMax, last, slurmStep, step, fix)
	}
	return shard{(task - first) / step, n}, nil
}

func kubernetesShard(lookup func(string) (string, bool)) (shard, error) {
	i, err := counts(lookup, "kubernetes", "give the Job's spec completionMode: Indexed", kubernetesIndex)
	if err != nil {
		return shard{}, err
	}
	const fix = `Kubernetes does not tell a container how many there are: add {name: ` + kubernetesCount + `, value: "6"} to its env, with the number of the Job's completions`
	n, err := counts(lookup, "kubernetes", fix, kubernetesCount)
	if err != nil {
		return shard{}, err
	}
	if i[0] >= n[0] {
		return shard{}, fmt.Errorf("-shard kubernetes: $%s is %d and $%s %d, expected the index to be less; set $%s to the number of the Job's completions", kubernetesIndex, i[0], kubernetesCount, n[0], kubernetesCount)
	}
	return shard{i[0], n[0]}, nil
}

// counts reads variables that hold numbers of 0 or more. An error names the first that does not.
func counts(lookup func(string) (string, bool), scheduler, fix string, names ...string) ([]int, error) {
	var values []int
	for _, name := range names {
		s, ok := lookup(name)
		if !ok || s == "" {
			return nil, fmt.Errorf("-shard %s: $%s is not set, expected a number; %s", scheduler, name, fix)
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("-shard %s: $%s is %q, expected a number of 0 or more; %s", scheduler, name, s, fix)
		}
		values = append(values, n)
	}
	return values, nil
}

// summary says what came of a part, and what the others lack: missing has a number for each part.
func (s shard) summary(things, merge, next string, missing []int) string {
	text := fmt.Sprintf("part %d of %d (-shard %d/%d) is done. ", s.i+1, s.n, s.i, s.n)
	var lacking []string
	sum := 0
	for i, n := range missing {
		if sum += n; n > 0 {
			lacking = append(lacking, fmt.Sprintf("%d/%d (%d)", i, s.n, n))
		}
	}
	if sum == 0 {
		return text + "All parts are here: " + next
	}
	const shown = 10
	if len(lacking) > shown {
		lacking = append(lacking[:shown], fmt.Sprintf("and %d more parts", len(lacking)-shown))
	}
	return text + fmt.Sprintf("%d %s of other parts are not here yet: %s. %s Then: %s", sum, things, strings.Join(lacking, ", "), merge, next)
}
