// Writes the sources of the last published Node language host with two changes.
//
// The program talks to the engine itself. The host puts a monitor of its own between the two, for calls that block, and
// that one knows only the methods of its time: resource hooks are younger ("unknown method RegisterResourceHook").
//
// The options of the project's runtime are read from its file: see ../host/options.go.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const upstream = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"

// What stands in main.go once, and what stands there instead.
var changes = [][2]string{
	{
		`fmt.Sprintf("127.0.0.1:%d", handle.Port), pipes.directory())`,
		`req.GetMonitorAddress(), pipes.directory())`,
	},
	{
		"\t\tif host.typescript {\n",
		"\t\thost.readOptions(req.GetPwd())\n\t\tif host.typescript {\n",
	},
}

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
			for _, change := range changes {
				if bytes.Count(text, []byte(change[0])) != 1 {
					return fmt.Errorf("%s/main.go is not as expected: %s", source, change[0])
				}
				text = bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
			}
		}
		if err := os.WriteFile(filepath.Join(output, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sourceFolder asks Go, which has checked the module against go.sum.
func sourceFolder() (string, error) {
	list := exec.Command("go", "list", "-f", "{{.Dir}}", upstream)
	// Set by toolchain/build.ts.
	list.Dir = os.Getenv("TOOLCHAIN_MODULE")
	list.Stderr = os.Stderr
	folder, err := list.Output()
	return strings.TrimSpace(string(folder)), err
}
