-- Whether the last run of a job that ended well left something that needs a person's look.
ALTER TABLE job ADD COLUMN marked BOOLEAN NOT NULL DEFAULT FALSE;
