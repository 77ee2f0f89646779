package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/sftp"
)

// transfer copies files over one SFTP session.
type transfer struct {
	session *sftp.Client
	host    string
}

// withTransfer connects, runs work and disconnects. Work ends early when the context ends.
func withTransfer(ctx context.Context, connection *Connection, work func(*transfer) error) error {
	connected, err := connection.dial(ctx)
	if err != nil {
		return err
	}
	defer connected.Close()
	stop := context.AfterFunc(ctx, func() { _ = connected.Close() })
	defer stop()
	session, err := sftp.NewClient(connected.Client, sftp.UseConcurrentWrites(true))
	if err != nil {
		return fmt.Errorf("SFTP session on %s: %w", *connection.Host, err)
	}
	defer session.Close()
	if err := work(&transfer{session: session, host: *connection.Host}); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	return nil
}

func (t *transfer) copyText(text, destination string) error {
	kind, err := t.kindOf(destination)
	if err != nil {
		return err
	}
	if kind == directory {
		return fmt.Errorf("%s on %s is a directory: a text needs the path of a file", destination, t.host)
	}
	if err := t.makeDirectory(path.Dir(destination)); err != nil {
		return err
	}
	return t.write(strings.NewReader(text), destination)
}

// copyPath copies a file or a directory. A destination that is a directory receives the source under
// its own name; the content of a source directory with a trailing slash goes into the destination.
func (t *transfer) copyPath(source, destination string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	kind, err := t.kindOf(destination)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if kind == directory {
			destination = path.Join(destination, filepath.Base(source))
		}
		if err := t.makeDirectory(path.Dir(destination)); err != nil {
			return err
		}
		return t.copyFile(source, destination)
	}
	if kind == file {
		return fmt.Errorf("%s on %s is a file, and %s is a directory", destination, t.host, source)
	}
	if !strings.HasSuffix(source, "/") {
		destination = path.Join(destination, filepath.Base(source))
	}
	return t.copyDirectory(source, destination)
}

func (t *transfer) copyDirectory(source, destination string) error {
	return filepath.WalkDir(source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(source, name)
		if err != nil {
			return err
		}
		target := path.Join(destination, filepath.ToSlash(relative))
		if entry.IsDir() {
			return t.makeDirectory(target)
		}
		return t.copyFile(name, target)
	})
}

func (t *transfer) copyFile(source, destination string) error {
	content, err := os.Open(source)
	if err != nil {
		return err
	}
	defer content.Close()
	return t.write(content, destination)
}

func (t *transfer) write(content io.Reader, destination string) error {
	target, err := t.session.Create(destination)
	if err != nil {
		return fmt.Errorf("cannot write %s on %s: %w", destination, t.host, err)
	}
	_, err = target.ReadFrom(content)
	// A full disk may show only when the file is closed.
	if err = errors.Join(err, target.Close()); err != nil {
		return fmt.Errorf("cannot write %s on %s: %w", destination, t.host, err)
	}
	return nil
}

func (t *transfer) makeDirectory(name string) error {
	if err := t.session.MkdirAll(name); err != nil {
		return fmt.Errorf("cannot create the directory %s on %s: %w", name, t.host, err)
	}
	return nil
}

type kind int

const (
	absent kind = iota
	file
	directory
)

func (t *transfer) kindOf(name string) (kind, error) {
	info, err := t.session.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return absent, fmt.Errorf("cannot look at %s on %s: %w", name, t.host, err)
	case info.IsDir():
		return directory, nil
	}
	return file, nil
}
