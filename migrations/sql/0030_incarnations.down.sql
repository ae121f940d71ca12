DROP TABLE incarnations;
DROP TABLE installation;
DROP FUNCTION refuse_going_back();
DROP FUNCTION database_system();
DROP FUNCTION database_timeline();
