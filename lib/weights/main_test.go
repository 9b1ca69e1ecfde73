package weights_test // testhome imports weights

import (
	"os"
	"testing"

	"thesis.example/lib/setup/testhome"
)

func TestMain(m *testing.M) { os.Exit(testhome.Run(m)) }
