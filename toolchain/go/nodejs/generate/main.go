// Writes the sources of the last published Node language host with one change: the program talks to the engine
// itself. The host puts a monitor of its own between the two, for calls that block, and that one knows only the
// methods of its time: resource hooks are younger ("unknown method RegisterResourceHook").
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const upstream = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"

// The address that the program is given.
const (
	own     = `fmt.Sprintf("127.0.0.1:%d", handle.Port), pipes.directory())`
	engines = `req.GetMonitorAddress(), pipes.directory())`
)

func main() {
	if err := write(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(output string) error {
	source, err := sourceFolder()
	if err != nil {
		return err
	}
	for _, name := range []string{"main.go", "proxy.go", "proxy_unix.go"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return err
		}
		if name == "main.go" {
			if bytes.Count(text, []byte(own)) != 1 {
				return fmt.Errorf("%s/main.go gives the program its address in another way than expected", source)
			}
			text = bytes.Replace(text, []byte(own), []byte(engines), 1)
		}
		if err := os.WriteFile(filepath.Join(output, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sourceFolder asks Go, which has checked the module against go.sum.
func sourceFolder() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return "", fmt.Errorf("the generator does not know where its source lies")
	}
	list := exec.Command("go", "list", "-f", "{{.Dir}}", upstream)
	list.Dir = filepath.Dir(file)
	list.Stderr = os.Stderr
	folder, err := list.Output()
	return strings.TrimSpace(string(folder)), err
}
