//go:build !(linux && amd64)

package setup

import (
	"context"
	"runtime"

	xla "github.com/gomlx/go-xla/installer"
)

// fetchPlugin has go-xla's own installer put the plug-in for this machine into dir.
func fetchPlugin(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil { // the installer cannot be interrupted
		return err
	}
	return xla.CPUInstall(runtime.GOOS+"_"+runtime.GOARCH, pluginVersion, dir, false, xla.Quiet)
}
