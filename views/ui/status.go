package ui

import "heddle/internal/flow"

// Look is how a state is shown: never by colour alone.
type Look struct {
	Name string // value of data-status, which picks the colours
	Word string
	Icon string // name for [Icon]
}

// look returns the look of a state of a run or a node by its name; "cached" is a
// success that was reused. A state from a newer server is shown by its bare name.
func look(name string) Look {
	switch name {
	case "idle":
		return Look{name, "Idle", "idle"}
	case "queued":
		return Look{name, "Queued", "queued"}
	case "running":
		return Look{name, "Running", "running"}
	case "waiting":
		return Look{name, "Waiting", "waiting"}
	case "success":
		return Look{name, "Success", "success"}
	case "partial":
		return Look{name, "Partial", "partial"}
	case "failed":
		return Look{name, "Failed", "failed"}
	case "skipped":
		return Look{name, "Skipped", "skipped"}
	case "canceled":
		return Look{name, "Canceled", "canceled"}
	case "cached":
		return Look{name, "Cached", "cached"}
	}
	return Look{"idle", name, "idle"}
}

// RunLook returns how a run's state is shown.
func RunLook(s flow.RunStatus) Look {
	return look(string(s))
}

// NodeLook returns how a node's state is shown.
func NodeLook(s flow.NodeStatus, cached bool) Look {
	if s == flow.NodeSuccess && cached {
		return look("cached")
	}
	return look(string(s))
}
