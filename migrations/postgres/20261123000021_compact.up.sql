-- PostgreSQL keeps its rows apart from its indexes: nothing to do.
SELECT 1;
