package main

import (
	"encoding/json"
	"testing"
)

func TestGood(t *testing.T) {
	for _, tt := range []struct {
		name, scores string
		want         bool
	}{
		{"all at the mark", `"accessibility":{"score":1},"best-practices":{"score":1},"performance":{"score":0.95}`, true},
		{"slow", `"accessibility":{"score":1},"best-practices":{"score":1},"performance":{"score":0.94}`, false},
		{"one fault", `"accessibility":{"score":0.99},"best-practices":{"score":1},"performance":{"score":1}`, false},
		{"not measured", `"accessibility":{"score":1},"best-practices":{"score":null},"performance":{"score":1}`, false},
		{"missing", `"accessibility":{"score":1}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r report
			if err := json.Unmarshal([]byte(`{"categories":{`+tt.scores+`}}`), &r); err != nil {
				t.Fatal(err)
			}
			if r.good() != tt.want {
				t.Errorf("good is %v", r.good())
			}
		})
	}
}
