package main

import (
	"strings"
	"testing"
)

func TestParseShard(t *testing.T) {
	array := func(task, first, last, count, step string) map[string]string {
		return map[string]string{slurmTask: task, slurmMin: first, slurmMax: last, slurmCount: count, slurmStep: step}
	}
	without := func(env map[string]string, name string) map[string]string {
		delete(env, name)
		return env
	}
	for _, c := range []struct {
		value string
		env   map[string]string
		want  shard
		wrong []string // what the error says
	}{
		{value: "2/6", want: shard{2, 6}},
		{value: "0/1", env: array("3", "0", "5", "6", "1"), want: shard{0, 1}},
		{value: "6/6", wrong: []string{`-shard "6/6": want i/n with 0 ≤ i < n, slurm or kubernetes`}},
		{value: "", wrong: []string{`-shard "": want i/n`}},
		{value: "pbs", wrong: []string{`-shard "pbs"`, "slurm or kubernetes"}},

		{value: "slurm", env: array("3", "0", "5", "6", "1"), want: shard{3, 6}},
		{value: "slurm", env: array("1", "1", "4", "4", "1"), want: shard{0, 4}},
		{value: "slurm", env: array("9", "3", "9", "3", "3"), want: shard{2, 3}},
		{value: "slurm", env: array("7", "7", "7", "1", "1"), want: shard{0, 1}}, // one submitted again
		{value: "slurm", wrong: []string{"$SLURM_ARRAY_TASK_ID is not set, expected a number", "sbatch --array=0-5"}},
		{value: "slurm", env: without(array("3", "0", "5", "6", "1"), slurmCount), wrong: []string{"$SLURM_ARRAY_TASK_COUNT is not set"}},
		{value: "slurm", env: array("x", "0", "5", "6", "1"), wrong: []string{`$SLURM_ARRAY_TASK_ID is "x", expected a number of 0 or more; submit`}},
		{value: "slurm", env: array("-1", "0", "5", "6", "1"), wrong: []string{`$SLURM_ARRAY_TASK_ID is "-1"`}},
		{value: "slurm", env: array("3", "0", "5", "0", "1"), wrong: []string{"$SLURM_ARRAY_TASK_COUNT is 0 and", "expected 1 or more"}},
		{value: "slurm", env: array("6", "0", "5", "6", "1"), wrong: []string{"$SLURM_ARRAY_TASK_ID is 6, expected a number from $SLURM_ARRAY_TASK_MIN 0 to $SLURM_ARRAY_TASK_MAX 5"}},
		{value: "slurm", env: array("4", "3", "9", "3", "3"), wrong: []string{"$SLURM_ARRAY_TASK_ID is 4", "in steps of $SLURM_ARRAY_TASK_STEP 3"}},
		{value: "slurm", env: array("5", "1", "5", "3", "1"), wrong: []string{"gaps", "$SLURM_ARRAY_TASK_COUNT is 3, expected the 5", "not done again"}},

		{value: "kubernetes", env: map[string]string{kubernetesIndex: "2", kubernetesCount: "6"}, want: shard{2, 6}},
		{value: "kubernetes", wrong: []string{"$JOB_COMPLETION_INDEX is not set", "completionMode: Indexed"}},
		{value: "kubernetes", env: map[string]string{kubernetesIndex: "2"}, wrong: []string{"$JOB_COMPLETIONS is not set", `add {name: JOB_COMPLETIONS, value: "6"} to its env`}},
		{value: "kubernetes", env: map[string]string{kubernetesIndex: "2", kubernetesCount: "six"}, wrong: []string{`$JOB_COMPLETIONS is "six", expected a number`}},
		{value: "kubernetes", env: map[string]string{kubernetesIndex: "6", kubernetesCount: "6"}, wrong: []string{"$JOB_COMPLETION_INDEX is 6 and $JOB_COMPLETIONS 6, expected the index to be less"}},
	} {
		got, err := parseShard(c.value, func(name string) (string, bool) { v, ok := c.env[name]; return v, ok })
		if (err != nil) != (c.wrong != nil) || err == nil && got != c.want {
			t.Errorf("%s with %v: %v, %v; want %v", c.value, c.env, got, err, c.want)
		}
		for _, want := range c.wrong {
			if err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s with %v says %q, want %q in it", c.value, c.env, err, want)
			}
		}
	}
}

func TestShardSummary(t *testing.T) {
	for want, missing := range map[string][]int{
		"part 2 of 3 (-shard 1/3) is done. All parts are here: go on":                                                     {0, 0, 0},
		"part 2 of 3 (-shard 1/3) is done. 7 trials of other parts are not here yet: 0/3 (3), 2/3 (4). Copy. Then: go on": {3, 0, 4},
	} {
		if got := (shard{1, 3}).summary("trials", "Copy.", "go on", missing); got != want {
			t.Errorf("%v: %q, want %q", missing, got, want)
		}
	}
}
