package vision

import (
	"fmt"
	"os"
	"syscall"
)

// int keep_buffers(void);
import "C"

// keepBuffers has the loaded plug-in for the CPU keep its large blocks (see the C file) unless
// $XLA_BUFFERS is "libc".
//
// XLA asks for its buffers anew in every step, and glibc answers blocks of that size with fresh
// mappings: the kernel then clears and faults in gigabytes a step.
func keepBuffers() error {
	switch v := os.Getenv("XLA_BUFFERS"); v {
	case "":
	case "libc":
		return nil
	default:
		return fmt.Errorf("XLA_BUFFERS is %q: leave it unset, or set it to libc for the C library's own memory management", v)
	}
	if n := C.keep_buffers(); n < 0 {
		return fmt.Errorf("redirecting the plug-in's imports of the allocator: %w: set XLA_BUFFERS=libc to run without, slower", syscall.Errno(-n))
	}
	return nil
}
