//! The adapter over a fake of its REST side: mapping, plans, words.


