"""Classifiers in integer arithmetic that an EVM can repeat bit for bit."""

from decai.classifier.dense_centroid import DenseCentroid
from decai.classifier.dense_perceptron import DensePerceptron
from decai.classifier.naive_bayes import NaiveBayes
from decai.classifier.sparse_centroid import SparseCentroid
from decai.classifier.sparse_perceptron import SparsePerceptron

__all__ = [
    "DenseCentroid",
    "DensePerceptron",
    "NaiveBayes",
    "SparseCentroid",
    "SparsePerceptron",
]
