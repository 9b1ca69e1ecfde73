package standin

import (
	"os"
	"testing"

	"thesis.example/lib/setup/testhome"
)

func TestMain(m *testing.M) { os.Exit(testhome.Run(m)) }
