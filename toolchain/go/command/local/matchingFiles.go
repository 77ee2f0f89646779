package local

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gobwas/glob"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

type pattern struct {
	glob.Glob
	excludes bool
}

// matchingFiles returns the files below a directory that the patterns select. They are applied in
// order: a later pattern with `!` takes away what an earlier one selected.
func matchingFiles(directory string, texts []string) (map[string]types.AssetOrArchive, error) {
	patterns := make([]pattern, 0, len(texts))
	for _, text := range texts {
		rest, excludes := strings.CutPrefix(text, "!")
		compiled, err := glob.Compile(rest, '/')
		if err != nil {
			return nil, fmt.Errorf("path pattern %q: %w", text, err)
		}
		patterns = append(patterns, pattern{compiled, excludes})
	}
	assets := map[string]types.AssetOrArchive{}
	err := fs.WalkDir(os.DirFS(directory), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !selected(patterns, name) {
			return err
		}
		asset, err := resource.NewPathAsset(filepath.Join(directory, name))
		assets[name] = types.AssetOrArchive{Asset: asset}
		return err
	})
	return assets, err
}

func selected(patterns []pattern, name string) bool {
	found := false
	for _, pattern := range patterns {
		if pattern.Match(name) {
			found = !pattern.excludes
		}
	}
	return found
}
