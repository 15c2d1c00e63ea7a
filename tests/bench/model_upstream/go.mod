module datamigrate/tests/bench/model_upstream

go 1.19
