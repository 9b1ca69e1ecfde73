package dataset

import "thesis.example/lib/picture"

// For the tests that draw a stand-in set, which package standin does, which imports this one.

type Look = look

func LookOf(m *picture.Image) (Look, error) { return lookOf(m) }

func NearPairs(looks []Look, limit float64) []Near { return near(looks, limit) }
