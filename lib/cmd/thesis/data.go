package main

import (
	"context"
	"errors"
)

func runData(ctx context.Context, args []string) error { return errors.New("data: see dataset") }
