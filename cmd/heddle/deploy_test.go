package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestDeployFilesNameKnownSettings keeps the files for operators and the table of the
// README with the settings that exist, and the settings in the files.
func TestDeployFilesNameKnownSettings(t *testing.T) {
	known := map[string]bool{"POSTGRES_USER": true, "POSTGRES_DB": true, "POSTGRES_PASSWORD": true}
	for f := range reflect.TypeFor[Config]().Fields() {
		if key, _, _ := strings.Cut(f.Tag.Get("env"), ","); key != "" {
			known[key] = true
		}
	}
	words := regexp.MustCompile(`\b(?:HEDDLE|POSTGRES|AUTH|CLERK|LOG|REDIS|DATABASE|SENTRY|OTEL|OLLAMA|OPENAI|GEMINI|GROQ|ANTHROPIC)_[A-Z_]+\b`)
	said := map[string]int{}
	for _, name := range []string{"deploy/Dockerfile", "deploy/compose.yaml", "deploy/heddle.service", "deploy/heddle-worker.service", "../../README.md", "../../.env.example"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, key := range words.FindAllString(string(raw), -1) {
			if !known[key] && !strings.HasPrefix(key, "HEDDLE_TEST_") && !strings.HasPrefix(key, "HEDDLE_SECRET_") {
				t.Errorf("%s names %s, which is no setting", name, key)
			}
			seen[key] = true
		}
		for key := range seen {
			said[key]++
		}
	}
	for key := range known {
		if !strings.HasPrefix(key, "POSTGRES_") && said[key] < 2 {
			t.Errorf("%s is not both in the README and in .env.example", key)
		}
	}
}
