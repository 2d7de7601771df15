-- What each text means in its column (see columns.py), and how a column's cells are read, where that was found.
CREATE OR REPLACE TEMP TABLE meaning (number INTEGER, text VARCHAR, typed BOOLEAN, value VARCHAR, problem VARCHAR);
CREATE OR REPLACE TEMP TABLE style (number INTEGER, style VARCHAR);
