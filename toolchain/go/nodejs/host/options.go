package main

import (
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// readOptions takes `runtime.options` from the project's file. The engine of today sends them with each request; the
// one of this host's time started the host with them as flags, so that they would be lost between the two.
func (host *nodeLanguageHost) readOptions(directory string) {
	text, err := projectFile(directory)
	if err != nil {
		return
	}
	var project struct {
		Runtime yaml.Node `yaml:"runtime"`
	}
	// The engine has read this file before and would have said what is wrong with it.
	if yaml.Unmarshal(text, &project) != nil || project.Runtime.Kind != yaml.MappingNode {
		return
	}
	var runtime struct {
		Options struct {
			TypeScript *bool   `yaml:"typescript"`
			TsConfig   *string `yaml:"tsconfig"`
			NodeArgs   *string `yaml:"nodeargs"`
		} `yaml:"options"`
	}
	if project.Runtime.Decode(&runtime) != nil {
		return
	}
	if runtime.Options.TypeScript != nil {
		host.typescript = *runtime.Options.TypeScript
	}
	if runtime.Options.TsConfig != nil {
		host.tsconfigpath = *runtime.Options.TsConfig
	}
	if runtime.Options.NodeArgs != nil {
		host.nodeargs = *runtime.Options.NodeArgs
	}
}

// projectFile looks where the engine does: in the program's folder, then above it.
func projectFile(directory string) ([]byte, error) {
	for {
		for _, name := range []string{"Pulumi.yaml", "Pulumi.yml"} {
			text, err := os.ReadFile(filepath.Join(directory, name))
			if err == nil {
				return text, nil
			}
		}
		above := filepath.Dir(directory)
		if above == directory {
			return nil, os.ErrNotExist
		}
		directory = above
	}
}
