// Command setup makes .venv complete: Python packages, third-party files, the
// notebook kernel. It is apart from the command thesis because it must run before
// the modules that thesis is built from are there.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"thesis.example/lib/setup"
)

func main() {
	browser := flag.Bool("browser", false, "also install Chromium, which make test drives")
	cross := flag.Bool("cross", false, "also install a C compiler for other platforms, which make test compiles for")
	slurm := flag.Bool("slurm", false, "as root of a container, also install Slurm, whose arrays make test tries")
	cuda := flag.Bool("cuda", false, "also install the plug-in for NVIDIA's GPUs, and have notebooks use it")
	gopls := flag.Bool("gopls", false, "build gopls, which completes code in JupyterLab, and nothing else")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	install := func() error {
		return setup.Install(ctx, setup.Options{Browser: *browser, Cross: *cross, Slurm: *slurm, CUDA: *cuda}, os.Stderr)
	}
	if *gopls {
		install = func() error { return setup.InstallGopls(ctx, "", os.Stderr) }
	}
	if err := install(); err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
}
