# #region happened
jq -r 'select(.type | endswith(".surveyed") | not) | "\(.seq) \(.type) \(.id // "")"' journal.jsonl
# #endregion

# #region failures
jq -r 'select(.type | endswith(".failed")) | "\(.id): \(.code): \(.message)\n  next: \(.hint)"' journal.jsonl
# #endregion

# #region people
jq -r 'select(.actor) | "\(.type) by \(.actor.id): \(.reason // .answer // "")"' journal.jsonl
# #endregion

# #region changed
jq -r 'select(.type == "step.effected") | "\(.id) \(.receipt)"' journal.jsonl
# #endregion

# #region last
tail -n 1 journal.jsonl
# #endregion
