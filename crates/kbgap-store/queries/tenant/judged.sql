UPDATE tenant SET judged_feed = ?2 WHERE number = ?1 AND judged_feed < ?2
