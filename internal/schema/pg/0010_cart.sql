-- Written by tools/generate.sh from internal/schema/0010_cart.sql. Do not edit.

-- cart
