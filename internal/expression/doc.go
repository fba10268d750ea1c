// Package expression runs the expressions that people write into steps: CEL, the
// Common Expression Language. An expression is data (rule E20): it reads its
// inputs, computes one value, and cannot do anything else. Source, cost, time,
// memory and output are bounded.
package expression
