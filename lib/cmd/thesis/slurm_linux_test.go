package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"thesis.example/lib/setup"
	"thesis.example/lib/trial"
)

// A Slurm array of two measures the pictures, one of three trains the folds of an arm, one of its tasks is
// requeued after its first epochs, and the records that come together are those of one process, byte for byte
// but for their last line, the run's.
func TestSlurmArray(t *testing.T) {
	s := startSlurm(t)
	pictures := filepath.Join(t.TempDir(), "pictures")
	works(t, "data", "standin", "-n", "5", "-o", pictures)
	home := func() string {
		dir, err := setup.Place("weights")
		if err != nil {
			t.Fatal(err)
		}
		home := t.TempDir()
		if err := os.Symlink(dir, filepath.Join(home, "weights")); err != nil {
			t.Fatal(err)
		}
		return home
	}
	alone, shared := home(), home()
	line := []string{"trial", "-data", pictures, "-exp", "2", "-arm", "tiny-hybrid"}

	program := filepath.Join(t.TempDir(), "thesis")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building the command: %v\n%s", err, out)
	}
	root, err := setup.Root()
	if err != nil {
		t.Fatal(err)
	}
	submit := func(name string, tasks int, words ...string) (job string) {
		script := fmt.Sprintf("#!/bin/bash\n#SBATCH --array=0-%d\n#SBATCH --requeue\n#SBATCH --open-mode=append\ncd '%s'\nexport %s='%s'\nexec '%s' %s -shard slurm\n",
			tasks-1, root, setup.HomeVariable, shared, program, strings.Join(words, " "))
		file := filepath.Join(s.dir, name)
		if err := os.WriteFile(file, []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(s.do("sbatch", "--parsable", "-o", file+"-%a.out", "-e", file+"-%a.err", file))
	}
	says := func(name string, task int) string {
		b, err := os.ReadFile(filepath.Join(s.dir, fmt.Sprintf("%s-%d.err", name, task)))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}

	s.wait(submit("features", 2, "features", "-data", pictures), 2)
	measured := 0
	for task := range 2 {
		if said := says("features", task); !strings.Contains(said, fmt.Sprintf("part %d of 2 (-shard %d/2) is done. ", task+1, task)) {
			t.Errorf("task %d says %q", task, said)
		} else if strings.Contains(said, "All parts are here") {
			measured++
		}
	}
	if files, err := filepath.Glob(filepath.Join(shared, "cache", "features-*", "*.json")); err != nil || len(files) != 15 || measured == 0 {
		t.Errorf("the cache has %d pictures of 15, %d tasks say that all are there, %v", len(files), measured, err)
	}

	job := submit("trial", 3, line...)
	s.until("task 0 keeps its first epochs", func() bool {
		checkpoints, err := filepath.Glob(filepath.Join(shared, "records", ".exp2-tiny-hybrid-fold[14]-*.checkpoint"))
		return err == nil && len(checkpoints) > 0
	})
	s.do("scontrol", "requeue", job+"_0")
	s.until("task 0 is back in the queue", func() bool { return s.state(job, 0) == "PENDING" })
	s.do("scontrol", "update", "JobId="+job+"_0", "StartTime=now") // else Slurm waits two minutes
	s.wait(job, 3)
	last := ""
	for task := range 3 {
		said := says("trial", task)
		if !strings.Contains(said, fmt.Sprintf("part %d of 3 (-shard %d/3) is done. ", task+1, task)) {
			t.Errorf("task %d says %q", task, said)
		}
		last += said
	}
	if !strings.Contains(last, "All parts are here: ") {
		t.Errorf("no task says that all are there: %q", last)
	}

	t.Setenv(setup.HomeVariable, alone)
	works(t, line...)
	one, err := trial.Load()
	if err != nil || len(one) != trial.Folds {
		t.Fatal(err, len(one))
	}
	many, err := trial.LoadDir(filepath.Join(shared, "records"))
	if err != nil || len(many) != trial.Folds {
		t.Fatal(err, len(many))
	}
	resumed := 0
	for i := range one {
		a, b := recordBody(t, one[i].File), recordBody(t, many[i].File)
		if filepath.Base(one[i].File) != filepath.Base(many[i].File) || !bytes.Equal(a, b) {
			t.Errorf("%s (%d bytes) of one process is not %s (%d bytes) of the array", one[i].File, len(a), many[i].File, len(b))
		}
		resumed += many[i].Run.Resumed
	}
	if resumed != 1 {
		t.Errorf("%d trials went on after an interrupt, want 1", resumed)
	}
}

// recordBody is a record without its last line.
func recordBody(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndexByte(bytes.TrimSuffix(b, []byte("\n")), '\n') + 1
	if !bytes.HasPrefix(b[at:], []byte(`{"kind":"run",`)) {
		t.Fatalf("%s ends in %q", file, b[at:])
	}
	return b[:at]
}

// slurm is a cluster of this machine alone, with keys, ports and folders of its own.
type slurm struct {
	t      *testing.T
	dir    string
	config string
}

// startSlurm starts Debian's Slurm for the length of the test, which is skipped where that cannot be.
func startSlurm(t *testing.T) *slurm {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("this test starts a Slurm of its own, which has to be root")
	}
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch", "scontrol"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s on this machine: apt-get install slurm-wlm munge", name)
		}
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".") // Slurm's own idea of it
	// munge refuses a socket in a folder that others may write to, and a socket's path has a limit.
	dir, err := os.MkdirTemp("/run", "thesis-slurm-")
	if err != nil {
		t.Fatal(err)
	}
	s := &slurm{t, dir, filepath.Join(dir, "slurm.conf")}
	t.Cleanup(func() {
		if t.Failed() {
			s.logs()
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	key := filepath.Join(dir, "key")
	random := make([]byte, 1024)
	f, err := os.Open("/dev/urandom")
	if err == nil {
		_, err = f.Read(random)
		f.Close()
	}
	if err == nil {
		err = os.WriteFile(key, random, 0o400)
	}
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	for _, sub := range []string{"state", "spool"} {
		if err == nil {
			err = os.Mkdir(filepath.Join(dir, sub), 0o755)
		}
	}
	ports := []int{freePort(t), freePort(t)}
	if err == nil {
		err = os.WriteFile(s.config, fmt.Appendf(nil, `ClusterName=thesis
SlurmctldHost=%[1]s(127.0.0.1)
SlurmctldPort=%[3]d
SlurmdPort=%[4]d
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[2]s/munge.socket
CredType=cred/munge
StateSaveLocation=%[2]s/state
SlurmdSpoolDir=%[2]s/spool
SlurmctldPidFile=%[2]s/slurmctld.pid
SlurmdPidFile=%[2]s/slurmd.pid
SlurmctldLogFile=%[2]s/slurmctld.log
SlurmdLogFile=%[2]s/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=60
NodeName=%[1]s NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`, host, dir, ports[0], ports[1]), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.start("munged", "--foreground", "--force", "--socket="+dir+"/munge.socket", "--key-file="+key, "--pid-file="+dir+"/munged.pid", "--seed-file="+dir+"/munged.seed", "--log-file="+dir+"/munged.log")
	s.until("munged listens", func() bool { _, err := os.Stat(filepath.Join(dir, "munge.socket")); return err == nil })
	s.start("slurmctld", "-D", "-c")
	s.start("slurmd", "-D", "-N", host)
	s.until("the node is idle", func() bool {
		out, err := s.command("sinfo", "-h", "-o", "%T").Output()
		return err == nil && strings.TrimSpace(string(out)) == "idle"
	})
	return s
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *slurm) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "SLURM_CONF="+s.config)
	c.Dir = s.dir
	return c
}

// start runs a daemon to the end of the test, however that comes, and with it all that it has started.
func (s *slurm) start(name string, args ...string) {
	s.t.Helper()
	c := s.command(name, args...)
	// Should this process be killed, so are they.
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	out, err := os.Create(filepath.Join(s.dir, name+".out"))
	if err != nil {
		s.t.Fatal(err)
	}
	c.Stdout, c.Stderr = out, out
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait(); out.Close() }()
	s.t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			s.t.Errorf("%s did not end by itself", name)
			syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
			<-ended
		}
	})
	if name == "slurmd" { // its jobs first, which outlive it
		s.t.Cleanup(func() {
			if out, err := s.command("scancel", "--user=root").CombinedOutput(); err != nil {
				s.t.Errorf("scancel: %v\n%s", err, out)
			}
			s.until("the queue is empty", func() bool {
				out, err := s.command("squeue", "-h").Output()
				return err == nil && len(bytes.TrimSpace(out)) == 0
			})
		})
	}
}

// do runs one of Slurm's commands, and gives what it prints.
func (s *slurm) do(name string, args ...string) string {
	s.t.Helper()
	c := s.command(name, args...)
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", c, err, &said)
	}
	return string(out)
}

// state is a task's, "" where Slurm does not know it.
func (s *slurm) state(job string, task int) string {
	out, err := s.command("scontrol", "-o", "show", "job", fmt.Sprintf("%s_%d", job, task)).Output()
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(out), "JobState=")
	state, _, _ := strings.Cut(rest, " ")
	return state
}

// wait waits until all of an array's tasks have completed.
func (s *slurm) wait(job string, tasks int) {
	s.t.Helper()
	for task := range tasks {
		s.until(fmt.Sprintf("task %d of job %s completes", task, job), func() bool {
			switch state := s.state(job, task); state {
			case "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY":
				s.t.Fatalf("task %d of job %s: %s", task, job, state)
			case "COMPLETED":
				return true
			}
			return false
		})
	}
}

func (s *slurm) until(what string, is func() bool) {
	s.t.Helper()
	ctx, stop := context.WithTimeout(context.WithoutCancel(s.t.Context()), 10*time.Minute)
	defer stop()
	for !is() {
		select {
		case <-ctx.Done():
			s.t.Fatalf("waited ten minutes for this: %s", what)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// logs prints the ends of what the daemons and jobs said.
func (s *slurm) logs() {
	for _, pattern := range []string{"*.log", "*.out", "*.err"} {
		files, err := filepath.Glob(filepath.Join(s.dir, pattern))
		if err != nil {
			s.t.Error(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				s.t.Error(err)
			}
			s.t.Logf("%s:\n%s", filepath.Base(file), b[max(0, len(b)-3000):])
		}
	}
}
