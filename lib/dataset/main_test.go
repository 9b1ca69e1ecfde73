package dataset

import (
	"context"
	"fmt"
	"os"
	"testing"

	"thesis.example/lib/setup/testhome"
)

// openVariable makes the test binary open the folder that it names and say what came of it: see openAsNobody.
const openVariable = "THESIS_TEST_OPEN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(openVariable); dir != "" {
		set, err := Open(context.Background(), dir, false)
		if err != nil {
			fmt.Println(err)
		} else {
			fmt.Println(len(set.Samples), "pictures")
		}
		return
	}
	os.Exit(testhome.Run(m))
}
