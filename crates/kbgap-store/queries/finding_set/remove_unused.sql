DELETE FROM finding_set WHERE uses <= 0
