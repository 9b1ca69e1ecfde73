//go:build cgo

package vision

// XLA asks for its buffers anew in every step, and glibc answers blocks of that size with fresh
// mappings: the kernel then clears and faults in gigabytes a step, which cost EfficientNet more time
// than its arithmetic. buffers_linux.c keeps the large ones for the next step.

// #cgo LDFLAGS: -rdynamic
import "C"
