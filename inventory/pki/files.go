package pki

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

func (f Folder) has(name string) bool {
	_, err := os.Lstat(f.file(name))
	return !errors.Is(err, fs.ErrNotExist)
}

func (f Folder) read(name string) ([]byte, error) {
	data, err := os.ReadFile(f.file(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Problem{f.file(name), ErrMissing, "is not there", ""}
	}
	return data, err
}

// create writes a new file, whole, or nothing: a link does not take the place of a file.
func (f Folder) create(name string, data []byte) error {
	temp, err := f.temp(name, data)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp) }()
	err = os.Link(temp, f.file(name))
	if errors.Is(err, fs.ErrExist) {
		return &Problem{f.file(name), ErrExists, "exists already", "it is never overwritten: move it away if it is not wanted"}
	}
	return errors.Join(err, f.syncFolder(name))
}

// put writes a file, whole, or leaves the one there is.
func (f Folder) put(name string, data []byte) error {
	temp, err := f.temp(name, data)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, f.file(name)); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return f.syncFolder(name)
}

func (f Folder) remove(name string) error {
	if err := os.Remove(f.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return f.syncFolder(name)
}

// temp writes a file beside the one to be, on the disk before it returns. CreateTemp makes it 0600.
func (f Folder) temp(name string, data []byte) (string, error) {
	dir := filepath.Dir(f.file(name))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(dir, ".new-")
	if err != nil {
		return "", err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// syncFolder makes a new name outlive a power cut.
func (f Folder) syncFolder(name string) error {
	dir, err := os.Open(filepath.Dir(f.file(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
