UPDATE tenant SET machines = ?2, sequence_sum = ?3 WHERE number = ?1
