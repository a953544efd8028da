package main

import "testing"

func bedTroubles(t *testing.T, b *bed) {}
