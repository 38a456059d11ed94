package demo

import (
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/store"
)

// Password is everybody's. It is no secret: it is printed at every start.
const Password = "namaste haat"

// domain is reserved for examples: nobody ever gets a mail there.
const domain = "@haat.example"

// SignIn is somebody to sign in as.
type SignIn struct{ Role, Email, About string }

// SignIns are one for each role.
func SignIns() []SignIn {
	return []SignIn{
		{"customer", customers[0].mail + domain, customers[0].name + ", with orders in every state, a full cart and money in the wallet"},
		{"seller", shops[0].owner.mail + domain, shops[0].owner.name + ", who owns " + shops[0].profile.Name},
		{"staff", shops[0].staff[0].mail + domain, shops[0].staff[0].name + ", who packs the orders of " + shops[0].profile.Name},
		{"dealer", newDealers()[0].owner.mail + domain, newDealers()[0].owner.name + ", who buys scrap in Delhi as " + newDealers()[0].profile.Name},
		{"courier", courier.mail + domain, courier.name + ", who carries"},
		{"admin", admin.mail + domain, admin.name},
		{"superadmin", superadmin.mail + domain, superadmin.name + ", who appoints admins"},
	}
}

// human is somebody of the story.
type human struct {
	name, mail, phone string
	home              place
}

// employee is a human with rights in a store.
type employee struct {
	human
	rights []store.Right
}

// place is where somebody lives.
type place struct{ line, city, district, state, code, country, lat, lng string }

func (h human) address() identity.Address {
	p := h.home
	return identity.Address{
		Name: h.name, Phone: h.phone, Line1: p.line, City: p.city, District: p.district, State: p.state, PostalCode: p.code, Country: p.country,
		Lat: p.lat, Lng: p.lng,
	}
}

var (
	superadmin = human{name: "Sushila Karki", mail: "superadmin", phone: "+9779851000001"}
	courier    = human{name: "Gopal Shahi", mail: "courier", phone: "+9779851000003"}
	admin      = human{name: "Dipesh Maharjan", mail: "admin", phone: "+9779851000002"}
)

// shop is a store to be opened.
type shop struct {
	file   string
	prefix string // of its SKUs
	maker  string
	owner  human
	staff  []employee
	// share is how much of the trade is this store's.
	share   int
	profile store.Profile
}

var shops = []shop{
	{
		file: "1-ilam-tea.txt", prefix: "ILM", maker: "Ilam Tea Garden", share: 6,
		owner: human{name: "Asha Rai", mail: "seller", phone: "+9779842010001", home: place{"Kanyam 4", "Ilam", "Ilam", "Koshi", "57300", "NP", "26.875700", "88.066900"}},
		staff: []employee{
			{human{name: "Prakash Limbu", mail: "staff", phone: "+9779842010002"}, []store.Right{store.Orders, store.Stock}},
			{human{name: "मनमाया तामाङ", mail: "manmaya.tamang", phone: "+9779842010003"}, []store.Right{store.Catalog}},
		},
		profile: store.Profile{Name: "Ilam Tea Garden", BusinessType: "Tea estate", Description: "Tea from the eastern hills, picked, rolled and packed in our own garden since 1968, and coffee and honey from our neighbours."},
	},
	{
		file: "2-patan-craft.txt", prefix: "PTN", maker: "Patan Craft House", share: 4,
		owner:   human{name: "Rajan Shakya", mail: "rajan.shakya", phone: "+9779841020001", home: place{"Mahabouddha 12", "Lalitpur", "Lalitpur", "Bagmati", "44700", "NP", "27.670500", "85.327400"}},
		staff:   []employee{{human{name: "Sarita Bajracharya", mail: "sarita.bajracharya", phone: "+9779841020002"}, []store.Right{store.Catalog, store.Orders, store.Stock}}},
		profile: store.Profile{Name: "Patan Craft House", BusinessType: "Workshop", Description: "Metal, wood, paper and paint from the workshops around Mahabouddha. We know everybody whose work we sell."},
	},
	{
		file: "3-everest-pashmina.txt", prefix: "EVP", maker: "Everest Pashmina", share: 4,
		owner:   human{name: "Pema Sherpa", mail: "pema.sherpa", phone: "+9779803030001", home: place{"Boudha 6, Phulbari", "Kathmandu", "Kathmandu", "Bagmati", "44600", "NP", "27.721500", "85.362000"}},
		profile: store.Profile{Name: "Everest Pashmina", BusinessType: "Weaver", Description: "Wool of the chyangra goat and of the yak, spun and woven in Boudha. Every piece carries the weaver's name."},
	},
	{
		file: "4-hamro-kirana.txt", prefix: "HMK", maker: "हाम्रो किराना", share: 7,
		owner: human{name: "सरिता श्रेष्ठ", mail: "sarita.shrestha", phone: "+9779818040001", home: place{"असन टोल ३", "काठमाडौं", "काठमाडौं", "बागमती", "44600", "NP", "27.707600", "85.312300"}},
		staff: []employee{
			{human{name: "विजय थापा", mail: "bijay.thapa", phone: "+9779818040002"}, []store.Right{store.Orders}},
			{human{name: "Nirmala Gurung", mail: "nirmala.gurung", phone: "+9779818040003"}, []store.Right{store.Stock}},
		},
		profile: store.Profile{Name: "हाम्रो किराना", Slug: "hamro-kirana", BusinessType: "Grocer", Description: "असनको पुरानो किराना पसल: पहाड र हिमालका दाल, चामल, मसला र अचार। Rice, pulses, spices and pickles from the hills."},
	},
	{
		file: "5-jaipur-print.txt", prefix: "JPR", maker: "Jaipur Block Print", share: 4,
		owner:   human{name: "Meera Sharma", mail: "meera.sharma", phone: "+919829050001", home: place{"18 Sanganer Road", "Jaipur", "Jaipur", "Rajasthan", "302029", "IN", "26.824700", "75.786600"}},
		staff:   []employee{{human{name: "Imran Chhipa", mail: "imran.chhipa", phone: "+919829050002"}, []store.Right{store.Orders, store.Stock}}},
		profile: store.Profile{Name: "Jaipur Block Print", BusinessType: "Printer", Description: "Cotton printed by hand with teak blocks in Sanganer and Bagru, and blue pottery from the next lane."},
	},
	{
		file: "6-kashi-pustak.txt", prefix: "KSH", maker: "काशी पुस्तक भंडार", share: 3,
		owner:   human{name: "विक्रम मिश्र", mail: "vikram.mishra", phone: "+919415060001", home: place{"गोदौलिया चौक ७", "वाराणसी", "वाराणसी", "उत्तर प्रदेश", "221001", "IN", "25.309300", "83.007400"}},
		profile: store.Profile{Name: "काशी पुस्तक भंडार", Slug: "kashi-pustak", BusinessType: "Bookseller", Description: "हिंदी, नेपाली और संस्कृत की पुस्तकें, और बनारस के वाद्य। Books and instruments from Banaras."},
	},
	{
		file: "7-souq-omdurman.txt", prefix: "OMD", maker: "سوق أم درمان", share: 4,
		owner:   human{name: "أمينة عثمان", mail: "amina.osman", phone: "+249912070001", home: place{"شارع العرضة 21", "أم درمان", "أم درمان", "الخرطوم", "11111", "SD", "15.644500", "32.477700"}},
		staff:   []employee{{human{name: "مصطفى بابكر", mail: "mustafa.babiker", phone: "+249912070002"}, []store.Right{store.Orders, store.Stock, store.Catalog}}},
		profile: store.Profile{Name: "سوق أم درمان", Slug: "souq-omdurman", BusinessType: "Trader", Description: "كركديه وتمر وبهارات وعطور من أم درمان. Hibiscus, dates, spices and scents from the market of Omdurman."},
	},
	{
		file: "8-nile-weavers.txt", prefix: "NIL", maker: "Nile Weavers", share: 3,
		owner:   human{name: "Mohamed Elhassan", mail: "mohamed.elhassan", phone: "+249123080001", home: place{"Souq al-Kabir 5", "Wad Madani", "Wad Madani", "Al Jazirah", "21111", "SD", "14.401200", "33.519900"}},
		profile: store.Profile{Name: "Nile Weavers", BusinessType: "Cooperative", Description: "A cooperative of weavers, tailors and saddlers between the two Niles. Long-staple cotton, leather, palm."},
	},
	{
		file: "9-thamel-trail.txt", prefix: "TRL", maker: "Thamel Trail", share: 3,
		owner:   human{name: "Dawa Lama", mail: "dawa.lama", phone: "+9779851090001", home: place{"Thamel 26, Chaksibari Marg", "Kathmandu", "Kathmandu", "Bagmati", "44600", "NP", "27.715400", "85.310700"}},
		staff:   []employee{{human{name: "Binod Tamang", mail: "binod.tamang", phone: "+9779851090002"}, []store.Right{store.Orders, store.Stock}}},
		profile: store.Profile{Name: "Thamel Trail", BusinessType: "Outfitter", Description: "Packs, tents and down, most of it sewn two streets away. What we sell we have carried over a pass."},
	},
	{
		file: "10-new-road-electric.txt", prefix: "NRE", maker: "New Road Electric", share: 5,
		owner:   human{name: "Bishnu Manandhar", mail: "bishnu.manandhar", phone: "+9779841100001", home: place{"New Road 22, Pako", "Kathmandu", "Kathmandu", "Bagmati", "44600", "NP", "27.703600", "85.312900"}},
		staff:   []employee{{human{name: "Sunita Maharjan", mail: "sunita.maharjan", phone: "+9779841100002"}, []store.Right{store.Catalog, store.Stock}}},
		profile: store.Profile{Name: "New Road Electric", BusinessType: "Electrician", Description: "Solar, light, radio and everything that a wire goes into. We repair what we sell."},
	},
	{
		file: "11-lajpat-handloom.txt", prefix: "LJP", maker: "Lajpat Handloom", share: 4,
		owner:   human{name: "Savita Arora", mail: "savita.arora", phone: "+919811110001", home: place{"Central Market 61, Lajpat Nagar II", "New Delhi", "South East Delhi", "Delhi", "110024", "IN", "28.569500", "77.240300"}},
		staff:   []employee{{human{name: "रमेश गुप्ता", mail: "ramesh.gupta", phone: "+919811110002"}, []store.Right{store.Orders, store.Stock}}},
		profile: store.Profile{Name: "Lajpat Handloom", BusinessType: "Draper", Description: "Sarees, kurtas and quilts from forty weaving towns. हर साड़ी के साथ बुनकर का नाम।"},
	},
	{
		file: "12-malabar-spice.txt", prefix: "MLB", maker: "Malabar Spice", share: 5,
		owner:   human{name: "Thomas Kurien", mail: "thomas.kurien", phone: "+919847120001", home: place{"Jew Town Road 9, Mattancherry", "Kochi", "Ernakulam", "Kerala", "682002", "IN", "9.957600", "76.259700"}},
		profile: store.Profile{Name: "Malabar Spice", BusinessType: "Spice merchant", Description: "Pepper, cardamom and coconut from the hills behind Kochi, shipped the week they are dried."},
	},
	{
		file: "13-khilona-ghar.txt", prefix: "KHL", maker: "खिलौना घर", share: 3,
		owner:   human{name: "Ashwini Kale", mail: "ashwini.kale", phone: "+919822130001", home: place{"Laxmi Road 118", "Pune", "Pune", "Maharashtra", "411030", "IN", "18.513900", "73.853200"}},
		staff:   []employee{{human{name: "Nilesh Pawar", mail: "nilesh.pawar", phone: "+919822130002"}, []store.Right{store.Orders}}},
		profile: store.Profile{Name: "खिलौना घर", Slug: "khilona-ghar", BusinessType: "Toys and stationery", Description: "लकड़ी के खिलौने, पतंग, कैरम, काग़ज़ और क़लम। Toys that last, and what a school bag needs."},
	},
	{
		file: "14-kordofan-gum.txt", prefix: "KRD", maker: "صمغ كردفان", share: 3,
		owner:   human{name: "عثمان البشير", mail: "osman.elbashir", phone: "+249912140001", home: place{"سوق الصمغ 4", "الأبيض", "شيكان", "شمال كردفان", "51111", "SD", "13.184200", "30.217500"}},
		staff:   []employee{{human{name: "Mona Abdalla", mail: "mona.abdalla", phone: "+249912140002"}, []store.Right{store.Orders, store.Stock}}},
		profile: store.Profile{Name: "صمغ كردفان", Slug: "kordofan-gum", BusinessType: "Wholesaler", Description: "صمغ عربي وسمسم وفول سوداني من الأبيض. Gum arabic, sesame and groundnuts from the auction of El Obeid."},
	},
}

var (
	kathmandu = place{"Jhamsikhel Marg 14", "Lalitpur", "Lalitpur", "Bagmati", "44700", "NP", "27.678600", "85.309100"}
	pokhara   = place{"Lakeside 6, Baidam", "Pokhara", "Kaski", "Gandaki", "33700", "NP", "28.209600", "83.957200"}
	delhi     = place{"B-42 Lajpat Nagar II", "New Delhi", "South East Delhi", "Delhi", "110024", "IN", "28.567700", "77.243300"}
	kolkata   = place{"23/1 Lake Terrace", "Kolkata", "Kolkata", "West Bengal", "700029", "IN", "22.517100", "88.355600"}
	khartoum  = place{"شارع 41، العمارات", "الخرطوم", "الخرطوم", "الخرطوم", "11111", "SD", "15.573000", "32.541000"}
	kassala   = place{"Hay al-Mirghaniya 9", "Kassala", "Kassala", "Kassala", "31111", "SD", "15.451000", "36.400000"}
)

// customers buy. The first one is there to be signed in as.
var customers = []human{
	{"Maya Gurung", "customer", "+9779801100001", kathmandu},
	{"Suresh Adhikari", "suresh.adhikari", "+9779801100002", place{"Baneshwor Height 31", "Kathmandu", "Kathmandu", "Bagmati", "44600", "NP", "27.693300", "85.341900"}},
	{"सीता गुरुङ", "sita.gurung", "+9779801100003", pokhara},
	{"Ramesh Thapa", "ramesh.thapa", "+9779801100004", place{"Bharatpur 10, Chaubiskothi", "Bharatpur", "Chitwan", "Bagmati", "44200", "NP", "27.682300", "84.430600"}},
	{"कमला भण्डारी", "kamala.bhandari", "+9779801100005", place{"धरान ८, भानुचोक", "धरान", "सुनसरी", "कोशी", "56700", "NP", "26.812900", "87.284300"}},
	{"Anil Yadav", "anil.yadav", "+9779801100006", place{"Janaki Chowk 2", "Janakpur", "Dhanusha", "Madhesh", "45600", "NP", "26.730000", "85.925000"}},
	{"Sabina Lama", "sabina.lama", "+9779801100007", place{"Boudha 6, Tusal", "Kathmandu", "Kathmandu", "Bagmati", "44600", "NP", "27.719000", "85.366000"}},
	{"Tenzin Dolma", "tenzin.dolma", "+9779801100008", place{"Swayambhu 15", "Kathmandu", "Kathmandu", "Bagmati", "44600", "NP", "27.714900", "85.290300"}},
	{"हरि प्रसाद शर्मा", "hari.sharma", "+9779801100009", place{"बुटवल ११, देवीनगर", "बुटवल", "रुपन्देही", "लुम्बिनी", "32907", "NP", "27.686600", "83.432300"}},
	{"Kabita Chaudhary", "kabita.chaudhary", "+9779801100010", place{"Dhangadhi 4", "Dhangadhi", "Kailali", "Sudurpashchim", "10900", "NP", "28.705000", "80.575500"}},
	{"Bikram Shah", "bikram.shah", "+9779801100011", place{"Nepalgunj 5, Surkhet Road", "Nepalgunj", "Banke", "Lumbini", "21900", "NP", "28.050000", "81.616700"}},
	{"Laxmi Magar", "laxmi.magar", "+9779801100012", pokhara},
	{"Priya Nair", "priya.nair", "+919810200001", delhi},
	{"Arjun Banerjee", "arjun.banerjee", "+919830200002", kolkata},
	{"फ़ातिमा अंसारी", "fatima.ansari", "+919839200003", place{"हज़रतगंज 17", "लखनऊ", "लखनऊ", "उत्तर प्रदेश", "226001", "IN", "26.850600", "80.944200"}},
	{"Rohan Desai", "rohan.desai", "+919820200004", place{"12 Hill Road, Bandra", "Mumbai", "Mumbai", "Maharashtra", "400050", "IN", "19.054400", "72.829100"}},
	{"Lakshmi Iyer", "lakshmi.iyer", "+919840200005", place{"7 Luz Church Road", "Chennai", "Chennai", "Tamil Nadu", "600004", "IN", "13.034400", "80.264400"}},
	{"Gurpreet Kaur", "gurpreet.kaur", "+919814200006", place{"Model Town 221", "Ludhiana", "Ludhiana", "Punjab", "141002", "IN", "30.888100", "75.842000"}},
	{"अनिता कुमारी", "anita.kumari", "+919334200007", place{"बोरिंग रोड 44", "पटना", "पटना", "बिहार", "800001", "IN", "25.618000", "85.115000"}},
	{"Deepak Joshi", "deepak.joshi", "+919412200008", place{"Mall Road 9", "Nainital", "Nainital", "Uttarakhand", "263001", "IN", "29.391900", "79.454200"}},
	{"Sneha Kulkarni", "sneha.kulkarni", "+919822200009", place{"Prabhat Road 6", "Pune", "Pune", "Maharashtra", "411004", "IN", "18.514000", "73.834000"}},
	{"Joseph Tirkey", "joseph.tirkey", "+919431200010", kolkata},
	{"محمد عبد الرحمن", "mohamed.abdelrahman", "+249912300001", khartoum},
	{"فاطمة الطيب", "fatima.eltayeb", "+249912300002", place{"حي الملازمين 14", "أم درمان", "أم درمان", "الخرطوم", "11111", "SD", "15.640000", "32.490000"}},
	{"Hiba Salih", "hiba.salih", "+249912300003", khartoum},
	{"Osman Idris", "osman.idris", "+249912300004", kassala},
	{"إبراهيم حامد", "ibrahim.hamid", "+249912300005", place{"حي الدرجة 3", "ود مدني", "ود مدني", "الجزيرة", "21111", "SD", "14.400000", "33.510000"}},
	{"Nafisa Bashir", "nafisa.bashir", "+249912300006", place{"Hay al-Matar 2", "Port Sudan", "Port Sudan", "Red Sea", "33311", "SD", "19.617500", "37.216400"}},
	{"Yousif Adam", "yousif.adam", "+249912300007", place{"Hay al-Wadi 21", "El Obeid", "Sheikan", "North Kordofan", "51111", "SD", "13.183300", "30.216700"}},
	{"سلمى أحمد", "salma.ahmed", "+249912300008", khartoum},
	{"Krishna Bista", "krishna.bista", "+9779801100013", kathmandu},
	{"Rita Tamang", "rita.tamang", "+9779801100014", place{"Hetauda 4", "Hetauda", "Makwanpur", "Bagmati", "44107", "NP", "27.428400", "85.032200"}},
	{"गोपाल रावत", "gopal.rawat", "+9779801100015", place{"सुर्खेत ६, वीरेन्द्रनगर", "वीरेन्द्रनगर", "सुर्खेत", "कर्णाली", "21700", "NP", "28.601900", "81.633900"}},
	{"Elina Poudel", "elina.poudel", "+9779801100016", pokhara},
	{"Nabin Khadka", "nabin.khadka", "+9779801100017", place{"Biratnagar 7, Main Road", "Biratnagar", "Morang", "Koshi", "56613", "NP", "26.455000", "87.270000"}},
	{"Zainab Khan", "zainab.khan", "+919811200011", delhi},
}
