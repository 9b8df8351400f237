-- A note is sealed anew when keys change; nothing else of what happened may be written over.
GRANT UPDATE (note) ON request_event TO {{role}};
