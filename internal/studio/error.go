package studio

import (
	"errors"

	"heddle/internal/flow"
)

func asError(err error) (*flow.Error, bool) { return errors.AsType[*flow.Error](err) }
