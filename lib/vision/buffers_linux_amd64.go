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
// mappings: the kernel then clears and faults in gigabytes a step. Measured at 224 px on two busy
// cores (least CPU seconds of a training step, peak memory of the process):
//
//	                                     EfficientNet-B0, batch 32  ViT-B/16, batch 8
//	libc                                 4.6 s, 3851 MiB            10.6 s, 5430 MiB
//	mallopt: no mmap, no trim, one arena 2.9 s, 3682 MiB            9.7 s, 4008 MiB
//	mimalloc 2.0.9                       4.6 s, 3534 MiB            –
//	this                                 3.1 s, 3577 MiB            10.8 to 12.7 s, 2835 MiB
//
// mallopt would be three lines, but one heap for everything has no hole left for a step's gigabyte
// once the new weights lie in it. EfficientNet-B0's inference on 32 pictures: 0.90 s and 706 MiB with
// libc, 0.73 s and 1260 MiB with mallopt, 0.71 s and 548 MiB here.
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
