package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caarlos0/env/v11"
	"github.com/google/go-cmp/cmp"
)

func TestEnvExample_ListsEverySettingWithItsDefault(t *testing.T) {
	raw, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(raw), -1) {
		listed[m[1]] = m[2]
	}
	params, err := env.GetFieldParams(&Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, p := range params {
		want[p.Key] = p.DefaultValue
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("settings in code (-) and in .env.example (+):\n%s", diff)
	}
}

func TestParseConfig_DefaultsAreSound(t *testing.T) {
	c, err := parseConfig(map[string]string{})
	if err != nil {
		t.Fatal(err)
	}
	if c.AuthProvider != "local" || c.LogFormat != "text" || c.BaseURL != "http://localhost:8080" || c.public() {
		t.Errorf("%+v", c)
	}
}

func TestParseConfig_ReportsEveryMistakeByKey(t *testing.T) {
	_, err := parseConfig(map[string]string{
		"HEDDLE_ENV": "prod", "HEDDLE_WORKERS": "many", "HEDDLE_RUN_MAX_DURATION": "10", "HEDDLE_RATE_API": "-1",
		"HEDDLE_ADDR": "8080", "DATABASE_URL": "mysql://x", "OPENAI_BASE_URL": "localhost", "LOG_LEVEL": "loud",
		"CLERK_SECRET_KEY": "sk_test_x", "HEDDLE_MASTER_KEY": "short", "HEDDLE_TRUSTED_PROXIES": "nonsense",
	})
	c, ok := errors.AsType[*configError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	text := c.Error()
	for _, key := range []string{"HEDDLE_ENV", "HEDDLE_WORKERS", "HEDDLE_RUN_MAX_DURATION", "HEDDLE_RATE_API", "HEDDLE_ADDR", "DATABASE_URL", "OPENAI_BASE_URL", "LOG_LEVEL", "CLERK_PUBLISHABLE_KEY", "HEDDLE_MASTER_KEY", "HEDDLE_TRUSTED_PROXIES"} {
		if !strings.Contains(text, key+": ") {
			t.Errorf("%s is not named in:\n%s", key, text)
		}
	}
	if strings.Contains(text, "sk_test_x") {
		t.Error("a secret is shown")
	}
}

func TestParseConfig_ProductionNeedsItsParts(t *testing.T) {
	_, err := parseConfig(map[string]string{"HEDDLE_ENV": "production"})
	c, ok := errors.AsType[*configError](err)
	if !ok || len(c.problems) != 3 {
		t.Fatalf("want provider, master key and base URL, got %v", err)
	}
	good := map[string]string{
		"HEDDLE_ENV": "production", "GEMINI_API_KEY": "k", "HEDDLE_BASE_URL": "https://h.example",
		"HEDDLE_MASTER_KEY": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
	}
	conf, err := parseConfig(good)
	if err != nil {
		t.Fatal(err)
	}
	if conf.LogFormat != "json" {
		t.Error("production logs JSON")
	}
}

func TestConfig_SecretsPrintAsStars(t *testing.T) {
	c, err := parseConfig(map[string]string{"GEMINI_API_KEY": "canary-gemini", "OPENAI_API_KEY": "canary-openai"})
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := strings.ToLower(sprint(verb, c)); strings.Contains(got, "canary") {
			t.Errorf("%s shows a secret: %s", verb, got)
		}
	}
}

func TestFieldNames_MatchTheStruct(t *testing.T) {
	typ := reflect.TypeFor[Config]()
	var want []string
	for f := range typ.Fields() {
		want = append(want, f.Name)
	}
	if !slices.Equal(want, fieldNames()) {
		t.Error("fieldNames")
	}
}

func sprint(verb string, v any) string { return fmt.Sprintf(verb, v) }
