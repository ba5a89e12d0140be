-- The newest row before the time stays: what comes after it is a change to it.
DELETE FROM exposure
WHERE at_ms < ?1 AND EXISTS (
    SELECT 1 FROM exposure n
    WHERE n.tenant = exposure.tenant AND n.machine_id = exposure.machine_id
      AND n.number > exposure.number AND n.at_ms < ?1
)
