INSERT INTO tenant (id, machines, sequence_sum, judged_feed) VALUES (?1, 0, 0, 0)
