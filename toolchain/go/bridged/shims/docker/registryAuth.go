package shim

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	dockerconfig "github.com/docker/cli/cli/config"
	"github.com/docker/docker/api/types"
	upstream "github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// registryAuth turns the provider's registry_auth blocks into credentials by registry host name.
// User name wins over file content, which wins over the file, as upstream documents it.
func registryAuth(blocks []any) (*upstream.AuthConfigs, error) {
	result := &upstream.AuthConfigs{Configs: map[string]types.AuthConfig{}}
	for _, block := range blocks {
		fields := block.(map[string]any)
		text := func(name string) string { value, _ := fields[name].(string); return value }
		address := text("address")
		if !strings.Contains(address, "://") {
			address = "https://" + address
		}
		_, rest, _ := strings.Cut(address, "://")
		host, _, _ := strings.Cut(rest, "/")

		auth := types.AuthConfig{ServerAddress: address}
		switch {
		case text("username") != "":
			auth.Username, auth.Password = text("username"), text("password")
		case text("config_file_content") != "":
			user, password, err := stored(strings.NewReader(text("config_file_content")), host)
			if err != nil {
				return nil, fmt.Errorf("registryAuth of %s: configFileContent: %w", host, err)
			}
			auth.Username, auth.Password = user, password
		case text("config_file") != "":
			user, password, err := storedInFile(text("config_file"), host)
			if err != nil {
				return nil, fmt.Errorf("registryAuth of %s: configFile: %w", host, err)
			}
			auth.Username, auth.Password = user, password
		}
		result.Configs[host] = auth
	}
	return result, nil
}

func storedInFile(path, host string) (user, password string, err error) {
	if rest, found := strings.CutPrefix(path, "~/"); found {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", "", err
		}
		path = filepath.Join(home, rest)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", "", err
	}
	defer file.Close()
	return stored(file, host)
}

func stored(config io.Reader, host string) (user, password string, err error) {
	file, err := dockerconfig.LoadFromReader(config)
	if err != nil {
		return "", "", err
	}
	auth, err := file.GetAuthConfig(host)
	return auth.Username, auth.Password, err
}
