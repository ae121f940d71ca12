### The titles of roles.

roles-enablement = Enablement
roles-rep-leader = SDR manager
roles-revops = RevOps
roles-ae-rep-leader = Sales manager
roles-integrations = Integrations
roles-revops-lead = RevOps lead
roles-sales-leader = Sales leadership
roles-sdr = SDR
roles-ae = AE
roles-admin = Administrator
