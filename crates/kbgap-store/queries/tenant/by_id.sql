SELECT number, machines, sequence_sum FROM tenant WHERE id = ?1
