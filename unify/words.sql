-- Words that people use for a status or a priority, in lower case. A source's `status_map` comes before these.
CREATE OR REPLACE TEMP TABLE status_word AS
SELECT unnest(words) AS word, status
FROM (VALUES
    ('not started', ['not started', 'to do', 'todo', 'open', 'new', 'planned', 'backlog', 'pending', 'waiting',
                     'on hold', 'blocked', 'scheduled', 'ready', 'proposed', 'draft', 'future', 'upcoming',
                     'not yet started', 'offen', 'neu', 'geplant', 'nicht begonnen', 'nicht gestartet', 'wartet',
                     'wartend', 'ausstehend', 'blockiert', 'zurückgestellt', 'entwurf', 'vorgemerkt']),
    ('in progress', ['in progress', 'in-progress', 'inprogress', 'started', 'ongoing', 'on-going', 'active',
                     'doing', 'wip', 'work in progress', 'underway', 'under way', 'in review', 'review',
                     'in test', 'testing', 'running', 'delayed', 'late', 'at risk', 'on track', 'in arbeit',
                     'in bearbeitung', 'begonnen', 'gestartet', 'laufend', 'läuft', 'aktiv', 'in prüfung',
                     'im test', 'verzögert', 'im plan']),
    ('done', ['done', 'complete', 'completed', 'closed', 'finished', 'delivered', 'resolved', 'live', 'released',
              'shipped', 'accepted', 'achieved', '100%', 'erledigt', 'fertig', 'abgeschlossen', 'beendet',
              'geschlossen', 'geliefert', 'abgenommen', 'gelöst', 'umgesetzt']),
    ('dropped', ['dropped', 'cancelled', 'canceled', 'rejected', 'abandoned', 'withdrawn', 'descoped',
                 'out of scope', 'won''t do', 'wont do', 'won''t fix', 'duplicate', 'declined', 'obsolete',
                 'discarded', 'gestrichen', 'abgebrochen', 'storniert', 'abgelehnt', 'verworfen', 'entfällt',
                 'entfallen', 'zurückgezogen', 'obsolet', 'duplikat'])
) AS list (status, words);

CREATE OR REPLACE TEMP TABLE priority_word AS
SELECT unnest(words) AS word, priority
FROM (VALUES
    (1, ['1', 'p1', 'highest', 'critical', 'blocker', 'urgent', 'must', 'must have', 'must-have', 'm', 'very high',
         'kritisch', 'höchste', 'sehr hoch', 'dringend', 'muss']),
    (2, ['2', 'p2', 'high', 'h', 'major', 'should', 'should have', 'should-have', 's', 'hoch', 'soll', 'wichtig']),
    (3, ['3', 'p3', 'medium', 'normal', 'middle', 'moderate', 'could', 'could have', 'could-have', 'c', 'mittel',
         'kann', 'standard']),
    (4, ['4', 'p4', 'low', 'l', 'minor', 'niedrig', 'gering']),
    (5, ['5', 'p5', 'lowest', 'trivial', 'won''t', 'wont', 'won''t have', 'w', 'very low', 'niedrigste',
         'sehr niedrig', 'sehr gering'])
) AS list (priority, words);
