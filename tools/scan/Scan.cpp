namespace reproaudit {}
