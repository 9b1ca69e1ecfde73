package report

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/janpfeifer/gonb/gonbui"
)

// A cell that its reader stops says in a sentence what became of its work, before it ends as any
// interrupted program does.
func init() {
	if !gonbui.IsNotebook {
		return
	}
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	go func() {
		<-interrupted
		fmt.Fprintln(os.Stderr, "stopped: run the cell again to go on; a training goes on after the last epoch that it finished")
		signal.Reset(os.Interrupt)
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			fmt.Fprintln(os.Stderr, "error: ending the cell:", err)
			os.Exit(1)
		}
	}()
}
