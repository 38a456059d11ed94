// Package lang is what pages say, in the languages of the market: messages, plural forms, numbers, amounts and dates.
//
// A message's key is its English sentence; {name} in it is filled in. messages/<part>.<language>.txt holds the
// translations: a key at the beginning of a line, and below it, indented, what it is in that language, either one line
// or one for each plural form (one: …, other: …). English needs an entry only for what has plural forms.
// messages/faults.<language>.txt is the same with the code of a refusal as key.
//
// What always holds, because a test walks the sources: each message that a page uses stands in every language, with the
// same placeholders and all the plural forms that the language has; no language holds what no page says.
//
// Digits are European ones in every language: what people type, read out and compare with a price tag, a card or a
// telephone is one and the same. Those of other scripts are understood where somebody types them.
package lang
