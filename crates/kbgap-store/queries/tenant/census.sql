SELECT id, machines, sequence_sum FROM tenant ORDER BY id
