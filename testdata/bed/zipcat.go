// Zipcat prints one file of a zip: zipcat ZIP PATH. It spares the bed's scripts an unzip.
package main

import (
	"archive/zip"
	"io"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: zipcat ZIP PATH")
	}
	z, err := zip.OpenReader(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	f, err := z.Open(os.Args[2])
	if err != nil {
		log.Fatalf("%s: %v", os.Args[1], err)
	}
	if _, err := io.Copy(os.Stdout, f); err != nil {
		log.Fatalf("%s: %v", os.Args[2], err)
	}
}
