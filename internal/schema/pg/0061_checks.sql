-- Written by tools/generate.sh from internal/schema/0061_checks.sql. Do not edit.

-- The embedded engine makes a table of a list of three or more constants whenever a row is checked against it, and drops it
-- afterwards: 4 to 6 µs, where comparing with each takes 0.2. A purchase is checked against twenty of them. The rules stay
-- what they are; only their text changes, and nothing in the file's tables. Later migrations are lowered this way.
-- haat:lite PRAGMA writable_schema = ON

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''open'', ''posted'', ''voided'', ''expired'')',
-- haat:lite     'state = ''open'' OR state = ''posted'' OR state = ''voided'' OR state = ''expired''') WHERE type = 'table' AND name = 'ledger_holds'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''inactive'', ''active'', ''deactivated'')',
-- haat:lite     'state = ''inactive'' OR state = ''active'' OR state = ''deactivated''') WHERE type = 'table' AND name = 'accounts'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'role IN (''customer'', ''seller'', ''courier'', ''machine'', ''admin'', ''superadmin'')',
-- haat:lite     'role = ''customer'' OR role = ''seller'' OR role = ''courier'' OR role = ''machine'' OR role = ''admin'' OR role = ''superadmin''') WHERE type = 'table' AND name = 'account_roles'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'purpose IN (''activate'', ''reset'', ''setup'')',
-- haat:lite     'purpose = ''activate'' OR purpose = ''reset'' OR purpose = ''setup''') WHERE type = 'table' AND name = 'account_proofs'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''draft'', ''published'', ''suspended'', ''closed'')',
-- haat:lite     'state = ''draft'' OR state = ''published'' OR state = ''suspended'' OR state = ''closed''') WHERE type = 'table' AND name = 'stores'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''draft'', ''published'', ''archived'')',
-- haat:lite     'state = ''draft'' OR state = ''published'' OR state = ''archived''') WHERE type = 'table' AND name = 'products'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''receiving'', ''queued'', ''running'', ''finished'', ''failed'')',
-- haat:lite     'state = ''receiving'' OR state = ''queued'' OR state = ''running'' OR state = ''finished'' OR state = ''failed''') WHERE type = 'table' AND name = 'imports'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''live'', ''sold'', ''released'', ''returned'')',
-- haat:lite     'state = ''live'' OR state = ''sold'' OR state = ''released'' OR state = ''returned''') WHERE type = 'table' AND name = 'reservations'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'kind IN (''adjust'', ''reserve'', ''sell'', ''release'', ''sell_now'', ''return'')',
-- haat:lite     'kind = ''adjust'' OR kind = ''reserve'' OR kind = ''sell'' OR kind = ''release'' OR kind = ''sell_now'' OR kind = ''return''') WHERE type = 'table' AND name = 'stock_movements'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'method IN (''gateway'', ''wallet'', ''cod'')',
-- haat:lite     'method = ''gateway'' OR method = ''wallet'' OR method = ''cod''') WHERE type = 'table' AND name = 'payments'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''pending'', ''processing'', ''completed'', ''expired'', ''cancelled'')',
-- haat:lite     'state = ''pending'' OR state = ''processing'' OR state = ''completed'' OR state = ''expired'' OR state = ''cancelled''') WHERE type = 'table' AND name = 'payments'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''started'', ''succeeded'', ''failed'', ''expired'', ''duplicate'', ''review'')',
-- haat:lite     'state = ''started'' OR state = ''succeeded'' OR state = ''failed'' OR state = ''expired'' OR state = ''duplicate'' OR state = ''review''') WHERE type = 'table' AND name = 'payment_attempts'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''requested'', ''processing'', ''completed'', ''failed'')',
-- haat:lite     'state = ''requested'' OR state = ''processing'' OR state = ''completed'' OR state = ''failed''') WHERE type = 'table' AND name = 'refunds'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'method IN (''gateway'', ''wallet'', ''cod'', ''none'')',
-- haat:lite     'method = ''gateway'' OR method = ''wallet'' OR method = ''cod'' OR method = ''none''') WHERE type = 'table' AND name = 'checkouts'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''awaiting_payment'', ''pending'', ''confirmed'', ''processing'', ''shipped'', ''delivered'', ''completed'', ''cancelled'', ''returning'', ''returned'')',
-- haat:lite     'state = ''awaiting_payment'' OR state = ''pending'' OR state = ''confirmed'' OR state = ''processing'' OR state = ''shipped'' OR state = ''delivered'' OR state = ''completed'' OR state = ''cancelled'' OR state = ''returning'' OR state = ''returned''') WHERE type = 'table' AND name = 'orders'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''known'', ''unknown'', ''resolved'')',
-- haat:lite     'state = ''known'' OR state = ''unknown'' OR state = ''resolved''') WHERE type = 'table' AND name = 'gateway_messages'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''submitted'', ''approved'', ''rejected'')',
-- haat:lite     'state = ''submitted'' OR state = ''approved'' OR state = ''rejected''') WHERE type = 'table' AND name = 'payment_proofs'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'review IN ('''', ''submitted'', ''rejected'', ''changed'')',
-- haat:lite     'review = '''' OR review = ''submitted'' OR review = ''rejected'' OR review = ''changed''') WHERE type = 'table' AND name = 'products'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'scope IN (''all'', ''products'', ''categories'', ''stores'')',
-- haat:lite     'scope = ''all'' OR scope = ''products'' OR scope = ''categories'' OR scope = ''stores''') WHERE type = 'table' AND name = 'discounts'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''scheduled'', ''live'', ''ended'')',
-- haat:lite     'state = ''scheduled'' OR state = ''live'' OR state = ''ended''') WHERE type = 'table' AND name = 'discounts'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'discount_by IN ('''', ''store'', ''platform'')',
-- haat:lite     'discount_by = '''' OR discount_by = ''store'' OR discount_by = ''platform''') WHERE type = 'table' AND name = 'order_lines'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''pending'', ''approved'', ''rejected'')',
-- haat:lite     'state = ''pending'' OR state = ''approved'' OR state = ''rejected''') WHERE type = 'table' AND name = 'brands'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''open'', ''accepted'', ''declined'', ''revoked'')',
-- haat:lite     'state = ''open'' OR state = ''accepted'' OR state = ''declined'' OR state = ''revoked''') WHERE type = 'table' AND name = 'store_invitations'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'mark IN ('''', ''fine'', ''low'', ''out'')',
-- haat:lite     'mark = '''' OR mark = ''fine'' OR mark = ''low'' OR mark = ''out''') WHERE type = 'table' AND name = 'stock'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''pending'', ''paid'', ''expired'', ''cancelled'')',
-- haat:lite     'state = ''pending'' OR state = ''paid'' OR state = ''expired'' OR state = ''cancelled''') WHERE type = 'table' AND name = 'wallet_topups'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'unit IN (''kg'', ''g'', ''quintal'', ''tonne'', ''litre'', ''pcs'')',
-- haat:lite     'unit = ''kg'' OR unit = ''g'' OR unit = ''quintal'' OR unit = ''tonne'' OR unit = ''litre'' OR unit = ''pcs''') WHERE type = 'table' AND name = 'materials'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''pending'', ''approved'', ''rejected'')',
-- haat:lite     'state = ''pending'' OR state = ''approved'' OR state = ''rejected''') WHERE type = 'table' AND name = 'area_requests'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'vehicle IN ('''', ''foot'', ''bicycle'', ''motorcycle'', ''car'', ''van'', ''truck'')',
-- haat:lite     'vehicle = '''' OR vehicle = ''foot'' OR vehicle = ''bicycle'' OR vehicle = ''motorcycle'' OR vehicle = ''car'' OR vehicle = ''van'' OR vehicle = ''truck''') WHERE type = 'table' AND name = 'couriers'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''unverified'', ''verified'', ''suspended'')',
-- haat:lite     'state = ''unverified'' OR state = ''verified'' OR state = ''suspended''') WHERE type = 'table' AND name = 'couriers'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'kind IN (''identity'', ''license'', ''registration'', ''insurance'')',
-- haat:lite     'kind = ''identity'' OR kind = ''license'' OR kind = ''registration'' OR kind = ''insurance''') WHERE type = 'table' AND name = 'courier_documents'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''submitted'', ''verified'', ''rejected'', ''replaced'')',
-- haat:lite     'state = ''submitted'' OR state = ''verified'' OR state = ''rejected'' OR state = ''replaced''') WHERE type = 'table' AND name = 'courier_documents'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''available'', ''assigned'', ''picked_up'', ''in_transit'', ''delivered'', ''failed'', ''returned'', ''cancelled'')',
-- haat:lite     'state = ''available'' OR state = ''assigned'' OR state = ''picked_up'' OR state = ''in_transit'' OR state = ''delivered'' OR state = ''failed'' OR state = ''returned'' OR state = ''cancelled''') WHERE type = 'table' AND name = 'deliveries'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''available'', ''assigned'', ''picked_up'', ''in_transit'', ''failed'')',
-- haat:lite     '(state = ''available'' OR state = ''assigned'' OR state = ''picked_up'' OR state = ''in_transit'' OR state = ''failed'')') WHERE type = 'table' AND name = 'deliveries'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state NOT IN (''assigned'', ''picked_up'', ''in_transit'', ''failed'')',
-- haat:lite     '(state <> ''assigned'' AND state <> ''picked_up'' AND state <> ''in_transit'' AND state <> ''failed'')') WHERE type = 'table' AND name = 'deliveries'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'cash_state IN ('''', ''carried'', ''handed_in'', ''short'')',
-- haat:lite     '(cash_state = '''' OR cash_state = ''carried'' OR cash_state = ''handed_in'' OR cash_state = ''short'')') WHERE type = 'table' AND name = 'deliveries'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'proof IN ('''', ''pin'', ''qr'', ''photo'', ''buyer'', ''none'')',
-- haat:lite     '(proof = '''' OR proof = ''pin'' OR proof = ''qr'' OR proof = ''photo'' OR proof = ''buyer'' OR proof = ''none'')') WHERE type = 'table' AND name = 'deliveries'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'paid_by IN ('''', ''cash'', ''wallet'')',
-- haat:lite     'paid_by = '''' OR paid_by = ''cash'' OR paid_by = ''wallet''') WHERE type = 'table' AND name = 'pickups'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''requested'', ''approved'', ''settled'', ''rejected'', ''cancelled'', ''failed'')',
-- haat:lite     'state = ''requested'' OR state = ''approved'' OR state = ''settled'' OR state = ''rejected'' OR state = ''cancelled'' OR state = ''failed''') WHERE type = 'table' AND name = 'wallet_payouts'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''open'', ''resolved'', ''withdrawn'')',
-- haat:lite     'state = ''open'' OR state = ''resolved'' OR state = ''withdrawn''') WHERE type = 'table' AND name = 'order_disputes'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'reason IN (''not_received'', ''damaged'', ''not_as_described'', ''wrong_item'', ''missing_parts'', ''other'')',
-- haat:lite     'reason = ''not_received'' OR reason = ''damaged'' OR reason = ''not_as_described'' OR reason = ''wrong_item'' OR reason = ''missing_parts'' OR reason = ''other''') WHERE type = 'table' AND name = 'order_disputes'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'outcome IN ('''', ''released'', ''refunded'', ''split'', ''returned'')',
-- haat:lite     '(outcome = '''' OR outcome = ''released'' OR outcome = ''refunded'' OR outcome = ''split'' OR outcome = ''returned'')') WHERE type = 'table' AND name = 'order_disputes'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'party IN (''buyer'', ''store'', ''admin'')',
-- haat:lite     'party = ''buyer'' OR party = ''store'' OR party = ''admin''') WHERE type = 'table' AND name = 'order_dispute_messages'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'source IN (''wallet'', ''bank'', ''cash'')',
-- haat:lite     'source = ''wallet'' OR source = ''bank'' OR source = ''cash''') WHERE type = 'table' AND name = 'wallet_debt_payments'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''pending'', ''active'', ''expired'', ''cancelled'', ''lapsed'')',
-- haat:lite     'state = ''pending'' OR state = ''active'' OR state = ''expired'' OR state = ''cancelled'' OR state = ''lapsed''') WHERE type = 'table' AND name = 'subscriptions'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''open'', ''issued'', ''paid'')',
-- haat:lite     'state = ''open'' OR state = ''issued'' OR state = ''paid''') WHERE type = 'table' AND name = 'statements'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''published'', ''unpublished'', ''suspended'')',
-- haat:lite     'state = ''published'' OR state = ''unpublished'' OR state = ''suspended''') WHERE type = 'table' AND name = 'storefronts'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''submitted'', ''approved'', ''rejected'')',
-- haat:lite     'state = ''submitted'' OR state = ''approved'' OR state = ''rejected''') WHERE type = 'table' AND name = 'statement_transfers'

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, 'state IN (''shown'', ''hidden'', ''withdrawn'')',
-- haat:lite     'state = ''shown'' OR state = ''hidden'' OR state = ''withdrawn''') WHERE type = 'table' AND name = 'reviews'

-- haat:lite PRAGMA writable_schema = RESET
